import { waitUntil } from "cloudflare:workers";
import type { Bindings } from "../bindings.ts";
import type { AnswerEnd, Call, CheckedRequest } from "../call.ts";
import type { Config } from "../config.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { idPattern } from "../protocol/ids.ts";
import { type JsonRecord, readText } from "../protocol/json.ts";
import { conversationOf, type ServedFields } from "../protocol/request.ts";
import { streamBroken } from "../workers-ai/errors.ts";
import { mostContextItems, mostTurnBytes } from "./bounds.ts";
import { type Context, type Earlier, nothing } from "./context.ts";
import { renderJson } from "./json-bytes.ts";
import { openIndex } from "./open-index.ts";
import { countBytes, packItems } from "./pack-items.ts";
import { placeOfResponse } from "./place.ts";
import { rememberPlace } from "./recent-places.ts";
import { nameItems, type NewItem, outputOf, toItems, type TurnItems } from "./stored-item.ts";
import type { SavedTurn, ThreadRpc, TurnToSave } from "./thread-rpc.ts";

/** How long the end of an answer waits for its save, in milliseconds. After that the answer ends, and the save goes on. */
const longestWait = 2_000;

export interface ToSave {
  request: CheckedRequest;
  context: Context;
  end: AnswerEnd;
}

/** Whether the answer to this request is stored: where THREADS is bound, unless `store` is false. */
export function isStored({ store }: ServedFields, { THREADS }: Bindings): boolean {
  return THREADS !== undefined && store !== false;
}

/** When what is stored now is deleted, in Unix milliseconds. */
export function expiresAt({ retentionDays }: Config): number {
  return Date.now() + retentionDays * 86_400_000;
}

/**
 * Why the response is not stored, and why its conversation does not have the turn; undefined for what is stored, or was
 * not to be.
 */
interface Failures {
  response?: string | undefined;
  conversation?: string | undefined;
}

/**
 * Saves an answer as a turn of its thread, with its conversation in the same write. Resolves when that is done, or
 * can't be, or takes too long; never rejects: a failed save must not change the client's answer. Every failure is one
 * log line, `response_not_stored` or `conversation_not_continued`. Returns why the answer is not stored, `late` when it
 * may still be; undefined when it is.
 */
export async function save(call: Call, saved: ToSave): Promise<string | undefined> {
  const { document } = saved.request;
  const wants = {
    response: isStored(document, call.bindings),
    conversation: conversationOf(document) !== undefined && saved.end.ending === "whole",
  };
  const work = saveTurn(call, saved, wants)
    .catch((error: unknown): Failures => {
      const kind = error instanceof Error ? error.name : "unknown";
      return { response: kind, conversation: kind };
    })
    .then((failures) => {
      const { response, conversation } = failures;
      if (wants.response && response !== undefined) logFailure(call, "response_not_stored", response);
      if (wants.conversation && conversation !== undefined) {
        logFailure(call, "conversation_not_continued", conversation);
      }
      return (wants.response ? response : undefined) ?? (wants.conversation ? conversation : undefined);
    });
  // The save may outlast the answer.
  waitUntil(work);
  return Promise.race([work, scheduler.wait(longestWait).then(() => "late")]);
}

function logFailure({ requestId }: Call, event: string, reason: string): void {
  console.error(JSON.stringify({ event, request_id: requestId, reason }));
}

async function saveTurn(
  call: Call,
  { request: { mode, document }, context, end }: ToSave,
  wants: { response: boolean; conversation: boolean },
): Promise<Failures> {
  const { bindings, config, keyName } = call;
  const { response } = end;
  if (response === undefined) {
    const reason = end.ending === "whole" ? "too_large" : end.ending;
    return { response: reason, conversation: reason };
  }
  const id = readText(response["id"]);
  // An upstream id in the form of ours would be looked up at the place that it names.
  const hasId = mode === "compat" || (idPattern.test(id) && placeOfResponse(id) === undefined);
  const isAdded = wants.conversation && response["status"] !== "failed" && response["status"] !== "cancelled";
  const stored = { ...endOf(response, end), ...echoState(document) };
  const isKept = wants.response && hasId;
  const turn: TurnToSave = {
    ...turnOf(context, { owner: keyName, response: stored }),
    status: "final",
    kind: "foreground",
    ...(isKept && { expiresAt: expiresAt(config) }),
    ...(context.conversation !== undefined && {
      conversation: { version: context.conversation.version, append: isAdded },
    }),
  };
  const noId = hasId ? undefined : "no_id";
  if (!isKept && !isAdded) return { response: noId };
  if (isTooLarge(turn)) return { response: "too_large", conversation: isAdded ? "too_large" : undefined };
  const thread = bindings.THREADS?.getByName(context.place.thread);
  if (thread === undefined) return { conversation: "gone" };
  const [saved, isNew] = await Promise.all([
    writeTurn(thread, turn, context),
    isKept && mode === "native" ? addToIndex(call, { id, context, turn }) : true,
  ]);
  // The id goes on naming the other response.
  if (!isNew) await thread.deleteTurn(keyName, turn.turn);
  else if (isKept && mode === "native") rememberPlace({ keyName, id }, context.place);
  return { response: noId ?? (isNew ? undefined : "id_taken"), conversation: conversationFailure(saved) };
}

async function addToIndex(
  { bindings: { RESPONSE_INDEX: index }, keyName }: Call,
  { id, context: { place }, turn }: { id: string; context: Context; turn: TurnToSave },
): Promise<boolean> {
  if (index === undefined) throw new Error("RESPONSE_INDEX is not bound");
  const pointer = { ...place, expiresAt: turn.expiresAt ?? 0 };
  return openIndex(index, { owner: keyName, id }).add(id, pointer);
}

/** What the turn of a request is, however it ends: where it goes, what it was given and what it said. */
export function turnOf(
  context: Context,
  { owner, response }: { owner: string; response: JsonRecord },
): Pick<TurnToSave, "owner" | "turn" | "parent" | "response" | "input" | "output"> {
  const { place, parent } = context;
  const { output: _output, ...rest } = response;
  const named = nameTurn(context, response);
  return {
    owner,
    turn: place.turn,
    ...(parent !== undefined && { parent }),
    response: renderJson(hideToolSecrets(rest)),
    input: packItems(named.input),
    output: packItems(named.output),
  };
}

/** The items of a turn, with their ids. With neither a parent nor a conversation in its thread, it holds the whole context. */
function nameTurn(context: Context, response: JsonRecord): TurnItems {
  const isRoot = holdsAll(context);
  return nameItems(context.place, {
    earlier: isRoot ? [] : context.earlier,
    input: isRoot ? allOf(context) : ownOf(context),
    output: outputOf(response),
  });
}

function holdsAll({ parent, conversation }: Context): boolean {
  return parent === undefined && conversation === undefined;
}

/**
 * What a turn gives to the one that continues it from memory, which `response` answers. `bytes`: what it adds to its
 * context; `hasTurn`: it is stored as a turn of its thread.
 */
export function continueFromMemory(
  context: Context,
  { response, bytes, hasTurn }: { response: JsonRecord; bytes: number; hasTurn: boolean },
): Earlier {
  const { input, output } = nameTurn(context, response);
  const { thread, turn: parent } = context.place;
  return {
    ...nothing,
    ...(hasTurn && { thread, parent }),
    earlier: [...(holdsAll(context) ? [] : context.earlier), ...input, ...output],
    earlierBytes: context.earlierBytes + bytes,
  };
}

function ownOf({ own, conversions }: Context): NewItem[] {
  return toItems(own).map((item, index) => ({ item, conversions: conversions?.get(index) }));
}

function allOf(context: Context): NewItem[] {
  return [...context.earlier, ...ownOf(context)];
}

/** Saves the turn. When what it continues was deleted meanwhile, it is saved with the whole context. */
async function writeTurn(thread: ThreadRpc, turn: TurnToSave, context: Context): Promise<SavedTurn> {
  const saved = await thread.saveTurn(turn);
  if (saved.outcome !== "no_parent" || turn.expiresAt === undefined) return saved;
  return { ...saved, ...(await thread.saveTurn(withoutParent(turn, context))) };
}

/** The same turn with all that it was given. */
export function withoutParent(
  { parent: _parent, conversation: _conversation, ...turn }: TurnToSave,
  context: Context,
): TurnToSave {
  const { input } = nameItems(context.place, { earlier: [], input: allOf(context), output: [] });
  return { ...turn, input: packItems(input) };
}

/** Whether a turn, with what travels beside it, is larger than a stored turn may be. */
export function isTooLarge({ response, input, output }: TurnToSave, besideBytes = 0): boolean {
  const bytes = response.length + countBytes(input) + countBytes(output) + besideBytes;
  return bytes > mostTurnBytes || input.ids.length + output.ids.length > mostContextItems;
}

/** Why a conversation does not have a turn that was to be added to it, in the words of the log. */
export function conversationFailure({ conversation }: SavedTurn): "gone" | "too_large" | undefined {
  return conversation === "full" ? "too_large" : conversation;
}

/** These are served here and not sent upstream, so the stored Response repeats what the client asked for. */
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
