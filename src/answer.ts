import type { Answer, AnswerEnd, Call, CheckedRequest, EventsAnswer } from "./call.ts";
import { answerCompat } from "./compat/answer-compat.ts";
import { readFiles } from "./files/read-files.ts";
import { countAnswer } from "./metering/count-answer.ts";
import { wantsAnswerEnd } from "./metering/report-request.ts";
import { answerNative } from "./native/answer-native.ts";
import { type BeforeEnd, watchBytes } from "./native/watch-bytes.ts";
import { isTerminal, type ResponseEvent, type TerminalEvent } from "./protocol/events.ts";
import { isRecord } from "./protocol/json.ts";
import { conversationOf } from "./protocol/request.ts";
import type { Context, Earlier } from "./state/context.ts";
import { loadContext } from "./state/load-context.ts";
import { responseIdOf } from "./state/place.ts";
import { isStored, save } from "./state/save.ts";
import { toItems } from "./state/stored-item.ts";

/** A request that is ready for the model. */
export interface PreparedRequest<Request extends CheckedRequest = CheckedRequest> {
  /** With the context that it continues, and its files read. */
  whole: Request;
  /** What is stored of that. */
  context: Context;
}

interface AnswerOptions {
  /** What `prepareRequest` gave, where the caller has asked it already. */
  prepared?: PreparedRequest;
  /** Makes the answer in the place of `makeAnswer`. */
  make?: typeof makeAnswer;
}

/**
 * Answers a create request, however it came and wherever its answer goes: loads what it continues, has it answered in
 * its mode, and sees to it that the answer is stored before its end goes out, so that whoever has read it whole can
 * continue it at once, and counted with it or after.
 * @throws {ApiError} whatever fails before the first event or byte
 */
export async function answer(
  call: Call,
  request: CheckedRequest,
  { prepared, make = makeAnswer }: AnswerOptions = {},
): Promise<Answer> {
  const { document } = request;
  const { whole, context } = prepared ?? (await prepareRequest(call, request));
  const made = await make(call, whole, responseIdOf(context.place));
  const isSaved = isStored(document, call.bindings) || conversationOf(document) !== undefined;
  if (!isSaved && !wantsAnswerEnd(call.config, call.bindings)) return made;

  async function beforeEnd(end: AnswerEnd): Promise<void> {
    // What failed and has a status to say so was never a Response to its client.
    const isError = made.kind === "events" && made.failure() !== undefined && document.stream !== true;
    if (!isSaved || isError) return;
    // Counted with it: what a client can read again is never missing from what its key has used.
    const ttfbMs = call.record.ttfbMs ?? Date.now() - call.record.startedAt;
    const [notStored] = await Promise.all([save(call, { request, context, end }), countAnswer(call, { end, ttfbMs })]);
    call.record.notStored = notStored;
  }
  const watched = made.kind === "bytes" ? await watchBytes(made, document, beforeEnd) : watchEvents(made, beforeEnd);
  call.record.answerEnd = watched.ended;
  return watched.answer;
}

/**
 * Makes a request ready for the model. `opened` is the read of what it continues, if that has begun.
 * @throws {ApiError} 400 for a context or a file that can't be read, 404 for a conversation that isn't there
 */
export async function prepareRequest<Request extends CheckedRequest>(
  call: Call,
  request: Request,
  opened?: Promise<Earlier>,
): Promise<PreparedRequest<Request>> {
  const loaded = await loadContext(call, request, opened);
  const { given, conversions, warnings } = await readFiles(call, request, loaded);
  const whole = { ...withContext(request, given), ...(warnings.size > 0 && { warnings }) };
  return { whole, context: { ...loaded, conversions } };
}

/**
 * Has a request that holds all its context answered in its mode; nothing is stored or counted.
 * @throws {ApiError} whatever fails before the first event or byte
 */
export function makeAnswer(call: Call, request: CheckedRequest, responseId: string): Promise<Answer> {
  switch (request.mode) {
    case "native":
      return answerNative(call, request.document);
    case "compat": {
      const { document, warnings } = request;
      return answerCompat(call, { document, responseId, isStored: isStored(document, call.bindings), warnings });
    }
    default:
      return request satisfies never;
  }
}

/** A request with its whole context. Without a context and references it is the client's own, not a copy. */
export function withContext<Request extends CheckedRequest>(
  request: Request,
  context: Pick<Context, "earlier" | "own">,
): Request;
export function withContext(
  request: CheckedRequest,
  { earlier, own }: Pick<Context, "earlier" | "own">,
): CheckedRequest {
  // References were resolved, or files read, where it is not the client's own any more.
  if (earlier.length === 0 && own === request.document.input) return request;
  const items = [...earlier.map(({ item }) => item), ...toItems(own)];
  return request.mode === "native"
    ? { mode: request.mode, document: { ...request.document, input: items } }
    : { mode: request.mode, document: { ...request.document, input: items.filter(isRecord) } };
}

/** Lets somebody know how the events of an answer end. The terminal event waits for `beforeEnd`. */
function watchEvents(made: EventsAnswer, beforeEnd: BeforeEnd): { answer: Answer; ended: Promise<AnswerEnd> } {
  const over = Promise.withResolvers<AnswerEnd>();
  async function* watch(): AsyncGenerator<readonly ResponseEvent[]> {
    for await (const batch of made.events) {
      const last = batch.at(-1);
      if (last === undefined || !isTerminal(last)) {
        yield batch;
        continue;
      }
      if (batch.length > 1) yield batch.slice(0, -1);
      const end = endOf(made, last);
      await beforeEnd(end);
      over.resolve({ ...end, endedAt: Date.now() });
      yield [last];
    }
  }
  return { answer: { ...made, events: watch() }, ended: over.promise };
}

/** How an answer has ended, with its terminal event. */
export function endOf(made: EventsAnswer, { response }: TerminalEvent): AnswerEnd {
  return { ending: endingOf(made), response, tokens: made.tokens(), endedAt: Date.now() };
}

function endingOf({ failure }: EventsAnswer): AnswerEnd["ending"] {
  const failed = failure();
  if (failed === undefined) return "whole";
  return failed.code === "client_closed_request" ? "client_left" : "broken";
}
