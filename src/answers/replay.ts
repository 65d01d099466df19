import {
  closeArguments,
  closeInput,
  closeItem,
  closeRefusal,
  closeResponse,
  closeSummary,
  closeText,
  type ContentPlace,
  growArguments,
  growInput,
  growRefusal,
  growSummary,
  growText,
  openCustomToolCall,
  openFunctionCall,
  openMessage,
  openReasoning,
  openRefusal,
  openResponse,
  openSummary,
  openText,
} from "../protocol/build-events.ts";
import { createStamp, type ReasoningItem, type ResponseEvent, type StampedEvent } from "../protocol/events.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { renderEvent, SSE_DONE } from "../protocol/sse.ts";
import type { FilledItem, FilledPart } from "./fill-item.ts";
import { fillResponse } from "./fill-response.ts";

/** Longest delta in UTF-16 code units: keeps one event of a replay small, however long the answer. */
const LONGEST_DELTA = 2048;

/**
 * Turns a whole JSON answer into the events of a stream, numbered, made one by one as they are asked for.
 * Pure but for the ids it makes where the answer has none.
 * @throws {ApiError} 502 `upstream_invalid_response`, at once, for JSON that is no Response
 */
export function replayResponse(answer: unknown): Iterable<StampedEvent> {
  const filled = fillResponse(answer);
  return stampAll(replayFilled(filled));
}

/**
 * Turns a whole JSON answer into the body of an event stream.
 * @throws {ApiError} 502 `upstream_invalid_response`, at once, for JSON that is no Response
 */
export function replayAsStream(answer: unknown): ReadableStream<Uint8Array> {
  return renderReplay(replayResponse(answer));
}

/**
 * The same for a Response as it is kept, after the event with the number `startingAfter`. A cancelled one ends with
 * `response.failed`, since there is no event of its own that clients know, and is told as the cancelled one it is.
 * @throws {ApiError} 502 `upstream_invalid_response`, at once, for JSON that is no Response
 */
export function replayKept(kept: JsonRecord, startingAfter: number): ReadableStream<Uint8Array> {
  const { status, error } = kept;
  const end = status === "cancelled" ? { status, error: error ?? null } : {};
  return renderReplay(changeEnd(replayResponse(kept), end), startingAfter);
}

/** An event as far as it is rendered. */
type NumberedEvent = Parameters<typeof renderEvent>[0];

function* changeEnd(events: Iterable<StampedEvent>, end: JsonRecord): Generator<NumberedEvent, undefined> {
  for (const event of events) {
    const changed = event.type === "response.failed" && { response: { ...event.response, ...end } };
    yield { ...event, ...changed };
  }
  return undefined;
}

/** One event a read: an answer waits for its reader as one object, never as its whole stream. */
function renderReplay(numbered: Iterable<NumberedEvent>, startingAfter = -1): ReadableStream<Uint8Array> {
  const events = numbered[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        let { done, value } = events.next();
        while (value !== undefined && value.sequence_number <= startingAfter) ({ done, value } = events.next());
        controller.enqueue(encoder.encode(done ? SSE_DONE : renderEvent(value)));
        if (done) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function* stampAll(events: Iterable<ResponseEvent>): Generator<StampedEvent, undefined> {
  const stamp = createStamp();
  for (const event of events) yield stamp(event);
  return undefined;
}

function* replayFilled({ response, items }: ReturnType<typeof fillResponse>): Generator<ResponseEvent> {
  yield* openResponse(response);
  for (const [index, filled] of items.entries()) yield* replayItem(index, filled);
  yield closeResponse(response);
}

function* replayItem(output_index: number, filled: FilledItem): Generator<ResponseEvent> {
  const place = { item_id: filled.item.id, output_index };
  switch (filled.kind) {
    case "message":
      yield openMessage(output_index, filled.item);
      for (const [content_index, part] of filled.parts.entries()) {
        yield* replayPart({ ...place, content_index }, part);
      }
      break;
    case "reasoning":
      yield openReasoning(output_index, filled.item);
      yield* replaySummary(output_index, filled.item);
      break;
    case "function_call":
      yield openFunctionCall(output_index, filled.item);
      for (const delta of cut(filled.item.arguments)) yield growArguments(place, delta);
      yield closeArguments(place, filled.item);
      break;
    case "custom_tool_call":
      yield openCustomToolCall(output_index, filled.item);
      for (const delta of cut(filled.item.input)) yield growInput(place, delta);
      yield closeInput(place, filled.item);
      break;
    case "opaque":
      yield { type: "response.output_item.added", output_index, item: filled.item };
      break;
  }
  yield closeItem(output_index, filled.item);
}

function* replayPart(place: ContentPlace, { kind, part }: FilledPart): Generator<ResponseEvent> {
  switch (kind) {
    case "text":
      yield openText(place);
      for (const delta of cut(part.text)) yield growText(place, delta);
      yield* closeText(place, part);
      break;
    case "refusal":
      yield openRefusal(place);
      for (const delta of cut(part.refusal)) yield growRefusal(place, delta);
      yield* closeRefusal(place, part);
      break;
    case "opaque":
      yield { type: "response.content_part.added", ...place, part };
      yield { type: "response.content_part.done", ...place, part };
      break;
  }
}

function* replaySummary(output_index: number, item: ReasoningItem): Generator<ResponseEvent> {
  for (const [summary_index, { text }] of item.summary.entries()) {
    const place = { item_id: item.id, output_index, summary_index };
    yield openSummary(place);
    for (const delta of cut(text)) yield growSummary(place, delta);
    yield* closeSummary(place, text);
  }
}

/** Cuts a text into deltas, never between the halves of a surrogate pair. No delta for an empty text. */
function* cut(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + LONGEST_DELTA, text.length);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}
