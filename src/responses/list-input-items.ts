import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { getStored, responseNotFound } from "../state/get-stored.ts";
import { listPage, readPageRequest } from "../state/page.ts";
import { parseStoredItems } from "../state/stored-item.ts";

/**
 * `GET /v1/responses/:id/input_items`: what the model was given, earlier turns included, a page at a time. `include`
 * asks for what is always there: items are kept whole.
 */
export async function listInputItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getStored(context);
  const page = readPageRequest(context.req.query());
  const stored = await object.readContext(keyName);
  if (stored === undefined) throw responseNotFound();
  return renderJson(JSON.stringify(listPage(parseStoredItems(stored.items), page)));
}
