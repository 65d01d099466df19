import { createParser, type EventSourceMessage } from "eventsource-parser";
import { SilenceWatch } from "./silence-watch.ts";

/** Longest event in UTF-16 code units: an upstream that never ends its line must not fill the memory. */
export const longestEvent = 16_777_216;

/**
 * Bytes that one read takes at most. The runtime's own measure is 4 KiB: with it a burst of events costs three times
 * the CPU.
 */
const readSize = 65_536;

/** Why an event stream could not be read to its end. */
export type StreamFailure = "silent" | "broken" | "too_long";

export class StreamError extends Error {
  readonly failure: StreamFailure;

  constructor(failure: StreamFailure) {
    super(`the event stream is ${failure}`);
    this.failure = failure;
  }
}

/**
 * Reads an event stream as batches of its events: what one read brought, never an empty batch. Only events end a
 * silence; comments don't. Leaving the loop, or aborting `signal`, cancels the body.
 * @throws {StreamError} `silent` after `silenceMs` without an event, `broken` when the body breaks off or `signal`
 * aborts, `too_long` for an event over 16 MiB
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  { signal, silenceMs }: { signal: AbortSignal; silenceMs: number },
): AsyncGenerator<readonly EventSourceMessage[], void> {
  const source = body.getReader({ mode: "byob" });
  const decoder = new TextDecoder();
  let buffer = new ArrayBuffer(readSize);
  let failure: StreamFailure = "broken";
  let events: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (event) => events.push(event),
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") throw new StreamError("too_long");
    },
  });
  const cancel = (): void => void source.cancel().catch(() => {});
  const silence = new SilenceWatch(silenceMs, () => {
    failure = "silent";
    cancel();
  });
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);

  /** The next bytes as text, undefined at their end. A read takes the buffer away and gives it back with the value. */
  async function readText(): Promise<string | undefined> {
    try {
      const { done, value } = await source.read(new Uint8Array(buffer));
      // To cancel a body ends it as if it were whole.
      if (signal.aborted || failure === "silent") throw new StreamError(failure);
      if (done) return undefined;
      const text = decoder.decode(value, { stream: true });
      buffer = value.buffer;
      return text;
    } catch {
      throw new StreamError(failure);
    }
  }

  try {
    for (let text: string | undefined = ""; text !== undefined;) {
      silence.startWaiting();
      do {
        text = await readText();
        // A last event may lack the empty line that ends it.
        parser.feed(text ?? `${decoder.decode()}\n\n`);
      } while (text !== undefined && events.length === 0);
      silence.endWaiting();
      if (events.length > 0) yield events;
      events = [];
    }
  } finally {
    silence.stop();
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
