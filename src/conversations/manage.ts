import type { Context } from "hono";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { createId } from "../protocol/ids.ts";
import {
  conversationNotFound,
  describeConversation,
  getConversation,
  openConversation,
} from "../state/get-conversation.ts";
import { packItems } from "../state/pack-items.ts";
import { readConversationBody } from "./read-body.ts";

/** `POST /v1/conversations`: a new conversation, with metadata and first items if they are given. */
export async function createConversation(context: Context<AppEnv>): Promise<Response> {
  const id = createId("conv");
  const { object } = openConversation(context.env, id);
  const { metadata = {}, items = [] } = await readConversationBody(context);
  const stored = { createdAt: Math.floor(Date.now() / 1_000), metadata: JSON.stringify(metadata) };
  await object.createConversation(context.get("keyName"), stored, packItems(items));
  return context.json(describeConversation(id, stored));
}

/** `GET /v1/conversations/:id` */
export async function retrieveConversation(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getConversation(context);
  const kept = await object.readConversation(keyName);
  if (kept === undefined) throw conversationNotFound();
  return context.json(describeConversation(id, kept));
}

/** `POST /v1/conversations/:id`: replaces the metadata. */
export async function updateConversation(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getConversation(context);
  const { metadata } = await readConversationBody(context);
  if (metadata === undefined) {
    throw invalidRequest({
      code: "missing_required_parameter",
      param: "metadata",
      message: "The field `metadata` is required.",
    });
  }
  const kept = await object.updateConversation(keyName, JSON.stringify(metadata));
  if (kept === undefined) throw conversationNotFound();
  return context.json(describeConversation(id, kept));
}

/** `DELETE /v1/conversations/:id`: erases it with its items. Responses made in it stay. */
export async function deleteConversation(context: Context<AppEnv>): Promise<Response> {
  const { id, object, keyName } = getConversation(context);
  if (!(await object.deleteConversation(keyName))) throw conversationNotFound();
  return context.json({ id, object: "conversation.deleted", deleted: true });
}
