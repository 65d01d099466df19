import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import { renderBody } from "../http/render-body.ts";
import { findExpiry } from "../store/find-expiry.ts";
import { describeItem, parseKeptItems } from "../store/kept-item.ts";
import { listPage, readPageRequest } from "../store/page.ts";
import { conversationNotFound, describeConversation, findConversation, itemNotFound } from "./find-conversation.ts";
import { conversationFull, readConversationBody, renderItems } from "./read-body.ts";

/** `POST /v1/conversations/:id/items`: adds items to the end, and lists them with their ids. */
export async function createItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findConversation(context);
  const { items } = await readConversationBody(context);
  if (items === undefined) {
    throw invalidRequest({
      code: "missing_required_parameter",
      param: "items",
      message: "The field `items` is required.",
    });
  }
  const added = { items: renderItems(items), expiresAt: findExpiry(readConfig(context.env)) };
  const { outcome, ids } = await object.append(keyName, added);
  if (outcome === "full") throw conversationFull();
  if (outcome === "gone") throw conversationNotFound();
  const named = items.map(({ id, item }, index) => ({ id: ids[index] ?? id, item }));
  return renderBody("json", JSON.stringify(listPage(named, { limit: 100, order: "asc", after: undefined })));
}

/** `GET /v1/conversations/:id/items`, a page at a time. `include` asks for what is always there: items are kept whole. */
export async function listItems(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findConversation(context);
  const page = readPageRequest((name) => context.req.query(name));
  const items = await object.readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  return renderBody("json", JSON.stringify(listPage(parseKeptItems(items), page)));
}

/** `GET /v1/conversations/:id/items/:item` */
export async function retrieveItem(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findConversation(context);
  const items = await object.readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  const found = parseKeptItems(items).find(({ id }) => id === context.req.param("item"));
  if (found === undefined) throw itemNotFound();
  return renderBody("json", JSON.stringify(describeItem(found)));
}

/** `DELETE /v1/conversations/:id/items/:item`: answers with the conversation. */
export async function deleteItem(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = findConversation(context);
  const kept = await object.read(keyName);
  if (kept === undefined) throw conversationNotFound();
  if (!(await object.eraseItem(keyName, context.req.param("item") ?? ""))) throw itemNotFound();
  return context.json(describeConversation(id, kept));
}
