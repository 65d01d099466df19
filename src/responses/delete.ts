import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { getStored, openRun, removePointer, responseNotFound } from "../state/get-stored.ts";

/** `DELETE …/responses/:id`: makes it unreadable, ends its run, and deletes all that no other response stands on. */
export async function deleteResponse(context: Context<AppEnv>): Promise<Response> {
  const { id, keyName, turn, thread } = await getStored(context);
  const kind = await thread.deleteTurn(keyName, turn);
  if (kind === undefined) throw responseNotFound();
  if (kind !== "foreground") await openRun(context.env, id).delete(keyName);
  else await removePointer(context.env, { keyName, id });
  return context.json({ id, object: "response", deleted: true });
}
