import type { Context } from "hono";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { parseExact } from "../protocol/exact-json.ts";
import {
  conversationNotFound,
  describeConversation,
  getConversation,
  itemNotFound,
} from "../state/get-conversation.ts";
import { decodeJson } from "../state/json-bytes.ts";
import { packItems } from "../state/pack-items.ts";
import { listAll, readPageRequest, renderPage } from "../state/page.ts";
import { describeItem } from "../state/stored-item.ts";
import { conversationFull, readConversationBody } from "./read-body.ts";

/** `POST /v1/conversations/:id/items`: adds items to the end, and lists them with their ids. */
export async function createItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getConversation(context);
  const { items } = await readConversationBody(context);
  if (items === undefined) {
    throw invalidRequest({
      code: "missing_required_parameter",
      param: "items",
      message: "The field `items` is required.",
    });
  }
  const { outcome, ids } = await object.appendItems(keyName, packItems(items));
  if (outcome === "full") throw conversationFull();
  if (outcome === "gone") throw conversationNotFound();
  const named = items.map(({ id, item }, index) => ({ id: ids[index] ?? id, item }));
  return renderJson(JSON.stringify(listAll(named)));
}

/** `GET /v1/conversations/:id/items`, a page at a time. `include` asks for what is always there: items are kept whole. */
export async function listItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getConversation(context);
  const listed = await object.listItems(keyName, readPageRequest(context.req.query()));
  if (listed === undefined) throw conversationNotFound();
  return renderJson(JSON.stringify(renderPage(listed)));
}

/** `GET /v1/conversations/:id/items/:item` */
export async function retrieveItem(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getConversation(context);
  const id = context.req.param("item") ?? "";
  const item = await object.readItem(keyName, id);
  if (item === undefined) throw conversationNotFound();
  if (item === null) throw itemNotFound();
  return renderJson(JSON.stringify(describeItem({ id, item: parseExact(decodeJson(item)) })));
}

/** `DELETE /v1/conversations/:id/items/:item`: answers with the conversation. */
export async function deleteItem(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getConversation(context);
  const stored = await object.deleteItem(keyName, context.req.param("item") ?? "");
  if (stored === undefined) throw conversationNotFound();
  if (stored === false) throw itemNotFound();
  return context.json(describeConversation(id, stored));
}
