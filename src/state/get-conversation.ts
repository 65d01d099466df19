import type { Context } from "hono";
import type { Bindings } from "../bindings.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { parseRecord } from "../protocol/json.ts";
import { threadOfConversation } from "./place.ts";
import type { StoredConversation, ThreadRpc } from "./thread-rpc.ts";

/** Opens a conversation's object, and names it. Throws 404 for what can't be an id, and where no conversations are stored. */
export function openConversation(bindings: Bindings, id: string): { object: ThreadRpc; thread: string } {
  const { THREADS: threads } = bindings;
  if (threads === undefined) {
    throw noConversation(
      "This Worker stores no conversations. Its operator can turn storage on by binding THREADS: see docs/state.md.",
    );
  }
  const thread = threadOfConversation(id);
  if (thread === undefined) throw conversationNotFound();
  return { object: threads.getByName(thread), thread };
}

/** The conversation that a path names, and who asks. */
export function getConversation(context: Context<AppEnv>): { id: string; object: ThreadRpc; keyName: string } {
  const id = context.req.param("id") ?? "";
  return { id, object: openConversation(context.env, id).object, keyName: context.get("keyName") };
}

/** 404, the same for an id that never existed, one that was deleted, and another key's. */
export function conversationNotFound(): ApiError {
  return noConversation("There is no conversation with this id. It never existed, or was deleted.");
}

export function itemNotFound(): ApiError {
  return notFound({
    code: "item_not_found",
    param: "item_id",
    message: "There is no item with this id in this conversation.",
  });
}

function noConversation(message: string): ApiError {
  return notFound({ code: "conversation_not_found", param: "conversation", message });
}

function notFound(fields: { code: string; param: string; message: string }): ApiError {
  return new ApiError({ status: 404, type: "not_found_error", ...fields });
}

/** The conversation as clients see it. */
export function describeConversation(id: string, { createdAt, metadata }: StoredConversation): object {
  return { id, object: "conversation", created_at: createdAt, metadata: parseRecord(metadata) ?? {} };
}
