import type { Context } from "hono";
import { readConfig } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import {
  conversationNotFound,
  describeConversation,
  getConversation,
  itemNotFound,
} from "../state/get-conversation.ts";
import { listPage, readPageRequest } from "../state/page.ts";
import { expiresAt } from "../state/save.ts";
import { describeItem, parseStoredItems } from "../state/stored-item.ts";
import { conversationFull, readConversationBody, renderItems } from "./read-body.ts";

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
  const added = { items: renderItems(items), expiresAt: expiresAt(readConfig(context.env)) };
  const { outcome, ids } = await object.append(keyName, added);
  if (outcome === "full") throw conversationFull();
  if (outcome === "gone") throw conversationNotFound();
  const named = items.map(({ id, item }, index) => ({ id: ids[index] ?? id, item }));
  return renderJson(JSON.stringify(listPage(named, { limit: 100, order: "asc", after: undefined })));
}

/** `GET /v1/conversations/:id/items`, a page at a time. `include` asks for what is always there: items are kept whole. */
export async function listItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getConversation(context);
  const page = readPageRequest(context.req.query());
  const items = await object.readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  return renderJson(JSON.stringify(listPage(parseStoredItems(items), page)));
}

/** `GET /v1/conversations/:id/items/:item` */
export async function retrieveItem(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getConversation(context);
  const items = await object.readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  const found = parseStoredItems(items).find(({ id }) => id === context.req.param("item"));
  if (found === undefined) throw itemNotFound();
  return renderJson(JSON.stringify(describeItem(found)));
}

/** `DELETE /v1/conversations/:id/items/:item`: answers with the conversation. */
export async function deleteItem(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getConversation(context);
  const kept = await object.read(keyName);
  if (kept === undefined) throw conversationNotFound();
  if (!(await object.deleteItem(keyName, context.req.param("item") ?? ""))) throw itemNotFound();
  return context.json(describeConversation(id, kept));
}
