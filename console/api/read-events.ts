import { createParser } from "eventsource-parser";
import { isObject, type JsonObject, parseJson } from "./json.ts";

/** An event of a stream: its type, and whatever else it has. */
export interface WireEvent extends JsonObject {
  type: string;
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
