import { createParser } from "eventsource-parser";
import { CallError, readError } from "./call-error.ts";
import { isObject, type JsonObject, parseJson, readObject } from "./json.ts";
import { type Call, send } from "./send.ts";

/** An event of a stream: its type, and whatever else it has. */
export interface WireEvent extends JsonObject {
  type: string;
}

/** What comes back from a call, in order. */
export type Happening =
  | { kind: "head"; status: number; headers: ReadonlyMap<string, string> }
  | { kind: "events"; events: WireEvent[] }
  | { kind: "response"; response: JsonObject };

/** Headers worth showing. The browser's own tools show the rest. */
const shownHeaders = new Set([
  "x-request-id",
  "cf-ai-req-id",
  "x-fallback-model",
  "server-timing",
  "retry-after",
  "warning",
]);

/**
 * Sends a request and yields what comes back, as it comes: the events of one read together.
 * Throws `CallError` for an error answer and for a stream that breaks off; the signal's reason when it aborts.
 */
export async function* callOverHttp(call: Call & { signal: AbortSignal }): AsyncGenerator<Happening, void> {
  const { signal } = call;
  const answer = await send(call);
  const headers = new Map([...answer.headers].filter(([name]) => shownHeaders.has(name)));
  yield { kind: "head", status: answer.status, headers };
  try {
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
    if (isStream && answer.body !== null) {
      for await (const events of readEvents(answer.body)) yield { kind: "events", events };
      return;
    }
    const text = await answer.text();
    if (!answer.ok) throw readError(answer, text);
    yield { kind: "response", response: readObject(parseJson(text)) };
  } catch (error) {
    if (signal.aborted || error instanceof CallError) throw error;
    throw new CallError({ message: "The connection broke before the answer was complete.", code: "broken_off" });
  }
}

/** At most this many events are handed on without a pause, so that a flood of them leaves the page its time to paint. */
const batchSize = 250;

/** Reads the events of a stream. What is not JSON, such as `[DONE]`, is passed over. */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<WireEvent[], void> {
  let events: WireEvent[] = [];
  const parser = createParser({
    onEvent({ data }) {
      const event = readEvent(parseJson(data));
      if (event !== undefined) events.push(event);
    },
  });
  // Safari's streams are no async iterables.
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(value);
    const arrived = events;
    events = [];
    for (let start = 0; start < arrived.length; start += batchSize) {
      if (start > 0) await pause();
      yield arrived.slice(start, start + batchSize);
    }
  }
}

export function readEvent(value: unknown): WireEvent | undefined {
  if (!isObject(value) || typeof value["type"] !== "string") return undefined;
  return { ...value, type: value["type"] };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
