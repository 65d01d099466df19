import type { Call, CheckedRequest, Mode } from "../call.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { hasTooManyValues } from "../http/read-json.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { isReference } from "../protocol/input-items.ts";
import { isRecord, type JsonRecord } from "../protocol/json.ts";
import { conversationOf, type ServedFields } from "../protocol/request.ts";
import { mostContextMib } from "./bounds.ts";
import { chooseThread } from "./choose-thread.ts";
import { type Context, continueTurn, type Earlier, nothing, type Parse, parseEarlier, readContext } from "./context.ts";
import { conversationNotFound, openConversation } from "./get-conversation.ts";
import { locateResponse } from "./get-stored.ts";
import { createThread, createTurn, type Place } from "./place.ts";
import { recallPlace } from "./recent-places.ts";
import { readHistory, resolveReferences } from "./resolve-references.ts";
import { isStored } from "./save.ts";
import type { ThreadContext } from "./thread-rpc.ts";

/** What a request names to continue. */
type Continued = Pick<ServedFields, "previous_response_id" | "conversation">;

/**
 * Begins to read what a request continues, before the request is checked: only the ids that it names are used, and a
 * request that is refused later has read nothing that its key may not read.
 */
export function openContext(call: Call, mode: Mode, sent: JsonRecord): Promise<Earlier> {
  const { previous_response_id: previousId, conversation, input } = sent;
  const id = isRecord(conversation) ? conversation["id"] : conversation;
  const continued = {
    previous_response_id: typeof previousId === "string" ? previousId : undefined,
    conversation: typeof id === "string" ? id : undefined,
  };
  const withIds = Array.isArray(input) && input.some(isReference);
  const opened = loadEarlier(call, continued, { parse: parserOf(mode), withIds });
  // Nobody waits for it when the request is refused.
  opened.catch(() => {});
  return opened;
}

/**
 * Loads what a request builds on: the stored context of `previous_response_id` or the items of its `conversation`, in
 * one read however long it is, and what its `item_reference`s stand for. `opened`: the read, if it has begun.
 * @throws {ApiError} 400 for a response that can't be continued and for a reference to an item that can't be found, 404
 * for a conversation that isn't there
 */
export async function loadContext(
  call: Call,
  { mode, document }: CheckedRequest,
  opened: Promise<Earlier> = openContext(call, mode, document),
): Promise<Context> {
  const continued = await opened;
  const parse = parserOf(mode);
  const { input } = document;
  const refers = typeof input !== "string" && input.some(isReference);
  const { input: added, ...earlier } = refers
    ? await readHistory(call, { input, continued, parse })
    : { ...continued, input };
  const own = refers ? await resolveReferences(call, { input: added, earlier: earlier.earlier, parse }) : added;
  const thread = earlier.thread ?? (isStored(document, call.bindings) ? chooseThread(call.keyName) : createThread());
  return { ...earlier, own, place: { thread, turn: createTurn() } };
}

function parserOf(mode: Mode): Parse {
  return mode === "native" ? parseStoredExact : parseStored;
}

async function loadEarlier(
  call: Call,
  continued: Continued,
  { parse, withIds }: { parse: Parse; withIds: boolean },
): Promise<Earlier> {
  const { bindings, keyName } = call;
  const { previous_response_id: previousId } = continued;
  if (typeof previousId === "string") {
    const previous = { keyName, id: previousId };
    const found =
      (await readTurn(call, recallPlace(previous), withIds)) ??
      (await readTurn(call, await locateResponse(bindings, previous), withIds));
    if (found === undefined) throw previousNotFound();
    const { place, context } = found;
    if (context.status !== "final") throw previousNotFinished();
    if (context.isTooLarge) throw contextTooLarge();
    return continueTurn(place, context, parse);
  }
  const conversationId = conversationOf(continued);
  if (conversationId === undefined) return nothing;
  const { object, thread } = openConversation(bindings, conversationId);
  const context = await readContext(call, object, { source: "conversation", withIds });
  if (context === undefined) throw conversationNotFound();
  const { bytes, version } = context;
  return { ...nothing, earlier: parseEarlier(context, parse), earlierBytes: bytes, thread, conversation: { version } };
}

/** Reads the context of a turn; undefined when there is none in this place. */
async function readTurn(
  call: Call,
  place: Place | undefined,
  withIds: boolean,
): Promise<{ place: Place; context: ThreadContext } | undefined> {
  const thread = place === undefined ? undefined : call.bindings.THREADS?.getByName(place.thread);
  if (place === undefined || thread === undefined) return undefined;
  const context = await readContext(call, thread, { source: { turn: place.turn }, withIds });
  return context === undefined ? undefined : { place, context };
}

/** Each turn that is stored was small enough to be parsed; many of them together may not be. */
function parseStored(source: string): unknown {
  if (hasTooManyValues(source)) throw contextTooLarge();
  return JSON.parse(source);
}

function parseStoredExact(source: string): unknown {
  if (hasTooManyValues(source)) throw contextTooLarge();
  return parseExact(source);
}

function previousNotFinished(): ApiError {
  return invalidRequest({
    code: "previous_response_not_finished",
    param: "previous_response_id",
    message: "The response with this `previous_response_id` is still in progress. Continue it when it has ended.",
  });
}

function previousNotFound(): ApiError {
  return invalidRequest({
    code: "previous_response_not_found",
    param: "previous_response_id",
    message:
      "There is no stored response with this `previous_response_id`. It was never stored, was deleted, or is too old. Send the whole context in `input`.",
  });
}

function contextTooLarge(): ApiError {
  return invalidRequest({
    code: "context_too_large",
    param: "previous_response_id",
    message: `What this request continues is larger than ${mostContextMib} MiB, 20,000 items or 250,000 JSON values. Continue an earlier response, or send what still matters in \`input\`.`,
  });
}
