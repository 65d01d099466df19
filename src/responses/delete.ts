import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { findObject, responseNotFound } from "./stored.ts";

/** `DELETE /v1/responses/:id`: erases all that is kept of it. */
export async function deleteResponse(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = findObject(context);
  if (!(await object.erase(keyName))) throw responseNotFound();
  return context.json({ id, object: "response", deleted: true });
}
