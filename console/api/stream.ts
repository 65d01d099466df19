import { CallError, readError } from "./call-error.ts";
import { type JsonObject, parseJson, readObject } from "./json.ts";
import { readEvents, type WireEvent } from "./read-events.ts";
import { type Call, send } from "./send.ts";

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
