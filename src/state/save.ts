import { waitUntil } from "cloudflare:workers";
import type { AnswerEnd, Call, CheckedRequest } from "../call.ts";
import type { Bindings, Config } from "../config.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { idPattern } from "../protocol/ids.ts";
import { type JsonRecord, readText } from "../protocol/json.ts";
import { conversationOf, type ServedFields } from "../protocol/request.ts";
import { streamBroken } from "../workers-ai/errors.ts";
import { mostBytes, renderJson } from "./json-bytes.ts";
import { type Context, idsOf } from "./load-context.ts";
import { freshenIds, outputItems, type StoredItem, toStoredItems } from "./stored-item.ts";

/** How long the end of an answer waits for its save, in milliseconds. After that it goes, and the save goes on. */
const longestWait = 2_000;

export interface ToSave {
  request: CheckedRequest;
  context: Context;
  end: AnswerEnd;
}

/** Whether the answer to this request is stored: `store` is on unless it says false, where there is a place for it. */
export function isStored({ store }: ServedFields, { RESPONSES }: Bindings): boolean {
  return RESPONSES !== undefined && store !== false;
}

/** When what is stored now is deleted, in Unix milliseconds. */
export function expiresAt({ retentionDays }: Config): number {
  return Date.now() + retentionDays * 86_400_000;
}

/**
 * Stores an answer in the object that has its id, and adds it to its conversation. Resolves when that is done, or can't
 * be, or takes too long; never rejects: the client's answer has no part in it. Every failure is one log line,
 * `response_not_stored` or `conversation_not_continued`. Gives why the answer is not stored by then, `late` when it may
 * still be; undefined when it is.
 */
export async function save(call: Call, saved: ToSave): Promise<string | undefined> {
  const own = freshenIds(toStoredItems(saved.context.own, saved.context.conversions), idsOf(saved.context.earlier));
  const work = Promise.all([
    logFailure(call, "response_not_stored", storeResponse(call, saved, own)),
    logFailure(call, "conversation_not_continued", continueConversation(call, saved, own)),
  ]);
  // The save may outlast the answer.
  waitUntil(work);
  const reasons = await Promise.race([work, scheduler.wait(longestWait).then(() => ["late"])]);
  return reasons.find((reason) => reason !== undefined);
}

/** Says in the log why `work` could not be done, and hands that on; undefined when it could. */
async function logFailure(
  { requestId }: Call,
  event: string,
  work: Promise<string | undefined>,
): Promise<string | undefined> {
  const reason = await work.catch((error: unknown) => (error instanceof Error ? error.name : "unknown"));
  if (reason !== undefined) console.error(JSON.stringify({ event, request_id: requestId, reason }));
  return reason;
}

async function storeResponse(
  { bindings, config, keyName }: Call,
  { request: { document }, context, end }: ToSave,
  own: readonly StoredItem[],
): Promise<string | undefined> {
  if (!isStored(document, bindings)) return undefined;
  if (end.response === undefined) return end.ending === "whole" ? "too_large" : end.ending;
  const id = readText(end.response["id"]);
  if (!idPattern.test(id)) return "no_id";
  const response = renderJson(hideToolSecrets({ ...endOf(end.response, end), ...echoState(document) }));
  const items = renderJson([...context.earlier, ...own]);
  if (response.length + items.length > mostBytes) return "too_large";
  const stored = { owner: keyName, expiresAt: expiresAt(config), response, items };
  const isNew = await bindings.RESPONSES?.getByName(id).store(stored);
  return isNew === false ? "id_taken" : undefined;
}

async function continueConversation(
  { bindings, config, keyName }: Call,
  { request: { document }, end: { ending, response } }: ToSave,
  own: readonly StoredItem[],
): Promise<string | undefined> {
  const conversationId = conversationOf(document);
  if (conversationId === undefined || ending !== "whole") return undefined;
  if (response === undefined) return "too_large";
  return appendTurn({ bindings, config, keyName, conversationId, own, response });
}

/**
 * Adds a turn to its conversation, input and output in one piece. A turn that failed is skipped, so that a retry does
 * not duplicate it. Returns why it could not be added, undefined when it could.
 */
export async function appendTurn({
  bindings,
  config,
  keyName,
  conversationId,
  own,
  response,
  turnId,
}: {
  bindings: Bindings;
  config: Config;
  keyName: string;
  conversationId: string;
  /** The turn's own input. */
  own: readonly StoredItem[];
  response: JsonRecord;
  /** Makes the call idempotent. */
  turnId?: string;
}): Promise<"gone" | "too_large" | undefined> {
  const { status } = response;
  if (status === "failed" || status === "cancelled") return undefined;
  const items = renderJson([...own, ...outputItems(response)]);
  if (items.length > mostBytes) return "too_large";
  const added = { items, expiresAt: expiresAt(config), turnId };
  const { outcome = "gone" } = (await bindings.CONVERSATIONS?.getByName(conversationId).append(keyName, added)) ?? {};
  if (outcome === "added") return undefined;
  return outcome === "full" ? "too_large" : "gone";
}

/** Upstream is not sent these: they are served here, so the stored Response says what the client asked for. */
function echoState(document: ServedFields): JsonRecord {
  const conversation = conversationOf(document);
  return {
    store: true,
    previous_response_id: document.previous_response_id ?? null,
    ...(conversation !== undefined && { conversation: { id: conversation } }),
  };
}

/** The Response as it ended. One whose answer broke off must never look complete. */
function endOf(response: JsonRecord, { ending }: AnswerEnd): JsonRecord {
  switch (ending) {
    case "whole":
      return response;
    case "broken":
      return { ...response, status: "failed", error: response["error"] ?? streamBroken, incomplete_details: null };
    case "client_left":
      return {
        ...response,
        status: "incomplete",
        error: null,
        incomplete_details: { reason: "client_disconnected" },
      };
    default:
      return ending satisfies never;
  }
}
