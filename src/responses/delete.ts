import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { getStored, responseNotFound } from "../state/get-stored.ts";

/** `DELETE /v1/responses/:id`: erases all that is kept of it. */
export async function deleteResponse(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getStored(context);
  if (!(await object.delete(keyName))) throw responseNotFound();
  return context.json({ id, object: "response", deleted: true });
}
