import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { getStored, responseNotFound } from "../state/get-stored.ts";
import { readPageRequest, renderPage } from "../state/page.ts";

/**
 * `GET /v1/responses/:id/input_items`: what the model was given, earlier turns included, a page at a time. `include`
 * asks for what is always there: items are kept whole.
 */
export async function listInputItems(context: Context<AppEnv>): Promise<Response> {
  const page = readPageRequest(context.req.query());
  const { thread, keyName, turn } = await getStored(context);
  const listed = await thread.listInput(keyName, turn, page);
  if (listed === undefined) throw responseNotFound();
  return renderJson(JSON.stringify(renderPage(listed)));
}
