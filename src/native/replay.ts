import { CallWriter, OpaqueWriter } from "../protocol/call-writer.ts";
import { type OutputTextPart, type ResponseEvent, type ResponseResource, terminalTypeOf } from "../protocol/events.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { MessageWriter } from "../protocol/message-writer.ts";
import { ReasoningWriter } from "../protocol/reasoning-writer.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { FilledItem, FilledPart } from "./fill-item.ts";
import { type FilledResponse, fillResponse } from "./fill-response.ts";

/** Longest delta in UTF-16 code units: keeps one event of a replay small, however long the answer. */
const longestDelta = 2048;

/**
 * Turns a whole JSON answer into the events of a stream, a batch for each item.
 * @throws {ApiError} 502 `upstream_invalid_response`, at once, for JSON that is no Response
 */
export function replayResponse(answer: unknown): AsyncIterable<readonly ResponseEvent[]> {
  return replayFilled(fillResponse(answer));
}

/**
 * The same for a stored Response, after the event with the number `startingAfter`. A cancelled one ends with
 * `response.failed`, since there is no event of its own that clients know; the Response in it stays cancelled.
 * @throws {ApiError} 502 `upstream_invalid_response`, at once, for JSON that is no Response
 */
export function replayStored(stored: JsonRecord, startingAfter: number): AsyncIterable<readonly ResponseEvent[]> {
  const { response, items } = fillResponse(stored);
  const { error } = response;
  const end: ResponseResource =
    stored["status"] === "cancelled"
      ? { ...response, status: "cancelled", error: stored["error"] ? error : null }
      : response;
  return skipTo(startingAfter + 1, replayFilled({ response: end, items }));
}

async function* skipTo(
  first: number,
  batches: AsyncIterable<readonly ResponseEvent[]>,
): AsyncGenerator<readonly ResponseEvent[]> {
  for await (const batch of batches) {
    const wanted = batch.filter(({ sequence_number }) => sequence_number >= first);
    if (wanted.length > 0) yield wanted;
  }
}

async function* replayFilled({ response, items }: FilledResponse): AsyncGenerator<readonly ResponseEvent[]> {
  const builder = new ResponseBuilder(openingOf(response));
  builder.open();
  for (const filled of items) {
    yield builder.drain();
    replayItem(builder, filled);
  }
  builder.emit({ type: terminalTypeOf(response.status), response });
  yield builder.drain();
}

/** The Response as its first events have it: what is not known at the start is emptied. */
function openingOf(response: ResponseResource): ResponseResource {
  return {
    ...response,
    status: "in_progress",
    completed_at: null,
    error: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
}

function replayItem(builder: ResponseBuilder, filled: FilledItem): void {
  switch (filled.kind) {
    case "message": {
      const { content: _parts, status, type: _type, role: _role, ...fields } = filled.item;
      const message = builder.add((slot) => new MessageWriter(slot, fields));
      for (const part of filled.parts) replayPart(message, part);
      message.close(status);
      break;
    }
    case "reasoning": {
      const { content, summary, status, type: _type, ...fields } = filled.item;
      const reasoning = builder.add((slot) => new ReasoningWriter(slot, fields));
      reasoning.setContent(content.map(({ text }) => text));
      for (const { text } of summary) {
        reasoning.startSummary();
        for (const delta of cut(text)) reasoning.summary(delta);
      }
      reasoning.close(status);
      break;
    }
    case "function_call": {
      const { arguments: text, status, ...start } = filled.item;
      replayCall(
        builder.add((slot) => new CallWriter(slot, start)),
        { text, status },
      );
      break;
    }
    case "custom_tool_call": {
      const { input: text, status, ...start } = filled.item;
      replayCall(
        builder.add((slot) => new CallWriter(slot, start)),
        { text, status },
      );
      break;
    }
    case "opaque":
      builder.add((slot) => new OpaqueWriter(slot, filled.item)).close();
      break;
    default:
      filled satisfies never;
  }
}

function replayCall(call: CallWriter, { text, status }: { text: string; status: "completed" | "incomplete" }): void {
  for (const delta of cut(text)) call.grow(delta);
  call.close(status);
}

function replayPart(message: MessageWriter, { kind, part }: FilledPart): void {
  switch (kind) {
    case "text": {
      const { text, ...fields }: OutputTextPart = part;
      message.startText(fields);
      for (const delta of cut(text)) message.text(delta);
      break;
    }
    case "refusal": {
      const { refusal, ...fields } = part;
      message.startRefusal(fields);
      for (const delta of cut(refusal)) message.refusal(delta);
      break;
    }
    case "opaque":
      message.addPart(part);
      break;
  }
}

/** Cuts a text into deltas, never between the halves of a surrogate pair. No delta for an empty text. */
function* cut(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + longestDelta, text.length);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}
