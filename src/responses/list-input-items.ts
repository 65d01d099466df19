import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { renderBody } from "../http/render-body.ts";
import { parseKeptItems } from "../store/kept-item.ts";
import { listPage, readPageRequest } from "../store/page.ts";
import { findObject, responseNotFound } from "./stored.ts";

/**
 * `GET /v1/responses/:id/input_items`: what the model was given, earlier turns included, a page at a time. `include`
 * asks for what is always there: items are kept whole.
 */
export async function listInputItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findObject(context);
  const page = readPageRequest((name) => context.req.query(name));
  const stored = await object.readContext(keyName);
  if (stored === undefined) throw responseNotFound();
  return renderBody("json", JSON.stringify(listPage(parseKeptItems(stored.items), page)));
}
