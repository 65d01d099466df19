import type { Answer, CallRecord, EventsAnswer } from "../call.ts";
import { isTerminal, type ResponseEvent, type ResponseResource } from "../protocol/events.ts";
import { keepAliveMs, renderEvent, SSE_DONE, SSE_KEEP_ALIVE } from "../protocol/sse.ts";
import { SilenceWatch } from "../streams/silence-watch.ts";
import { brokenAnswer } from "../workers-ai/errors.ts";
import { renderWarnings } from "./warnings.ts";

/** A write that has this many characters takes no further event: a long answer waits for its reader as objects. */
const longestWrite = 65_536;

const jsonType = "application/json";
const streamType = "text/event-stream; charset=utf-8";

/** Renders JSON of this Worker's own, a text or bytes that are JSON already. */
export function renderJson(body: BodyInit, headers?: Record<string, string>): Response {
  return new Response(body, { headers: { "content-type": jsonType, "cache-control": "no-store", ...headers } });
}

/**
 * Renders an answer as the client asked for it: upstream's bytes as they are, events as a stream of them or as the one
 * Response that they make. `leave` is called when the client of a stream goes.
 * @throws {ApiError} why the answer failed, where a status can still say it
 */
export async function renderAnswer(
  answer: Answer,
  { isStream, record, leave }: { isStream: boolean; record: CallRecord; leave: () => void },
): Promise<Response> {
  const facts = answerHeaders(answer, record);
  if (answer.kind === "bytes") {
    if (!answer.isStream) return renderJson(answer.body, { ...facts, "content-type": answer.contentType });
    return renderStream(answer.body, { ...facts, "content-type": answer.contentType });
  }
  if (!isStream) return renderJson(JSON.stringify(await foldEvents(answer)), facts);
  return renderStream(streamEvents(answer.events, { leave }), facts);
}

/** What the headers of an answer say of how it was made. */
export function answerHeaders({ upstreamId, warnings }: Answer, { trace }: CallRecord): Record<string, string> {
  const warning = renderWarnings(warnings);
  return {
    ...(upstreamId !== undefined && { "cf-ai-req-id": upstreamId }),
    ...(warning !== undefined && { warning }),
    ...(trace.fallbackModel !== undefined && { "x-fallback-model": trace.fallbackModel }),
  };
}

/** Renders the body of an event stream. */
export function renderStream(body: BodyInit, headers?: Record<string, string>): Response {
  return new Response(body, {
    headers: {
      "content-type": streamType,
      "cache-control": "no-store",
      // Tells nginx and its kin not to hold a stream back.
      "x-accel-buffering": "no",
      ...headers,
    },
  });
}

/**
 * Reads events to their end and gives the Response that the last of them carries.
 * @throws {ApiError} why the answer failed: with no byte sent yet, a status says it better than a failed Response
 */
export async function foldEvents({ events, failure }: EventsAnswer): Promise<ResponseResource> {
  let last: ResponseEvent | undefined;
  for await (const batch of events) last = batch.at(-1);
  const failed = failure();
  if (failed !== undefined) throw failed;
  if (last === undefined || !isTerminal(last)) throw brokenAnswer();
  return last.response;
}

/**
 * Turns events into the body of an event stream: whole events in every write, one write for a batch unless that is long.
 * Events are taken and rendered as fast as the client reads. A client that waits for `afterMs` milliseconds gets a
 * comment, so that no proxy takes the connection for dead. When it goes, `leave` is called and the events are read to their end, which is then near.
 */
export function streamEvents(
  batches: AsyncIterable<readonly ResponseEvent[]>,
  { afterMs = keepAliveMs, leave }: { afterMs?: number; leave?: () => void } = {},
): ReadableStream<Uint8Array> {
  const iterator = batches[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const keepAlive = encoder.encode(SSE_KEEP_ALIVE);
  let silence: SilenceWatch | undefined;
  let hasLeft = false;
  /** Events that are there and not written yet. */
  let waiting: readonly ResponseEvent[] = [];
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        silence = new SilenceWatch(afterMs, () => {
          // One that still waits for the client is enough.
          if (controller.desiredSize === 0) controller.enqueue(keepAlive);
        });
      },
      async pull(controller) {
        if (waiting.length === 0) {
          silence?.startWaiting();
          const { value } = await iterator.next();
          silence?.endWaiting();
          if (hasLeft) return;
          waiting = value ?? [];
        }
        let text = "";
        let written = 0;
        for (const event of waiting) {
          if (text.length >= longestWrite) break;
          text += renderEvent(event);
          written += 1;
        }
        const last = waiting.at(-1);
        waiting = waiting.slice(written);
        const isOver = last === undefined || (waiting.length === 0 && isTerminal(last));
        controller.enqueue(encoder.encode(isOver ? text + SSE_DONE : text));
        if (!isOver) return;
        silence?.stop();
        controller.close();
        await iterator.next();
      },
      async cancel() {
        hasLeft = true;
        silence?.stop();
        leave?.();
        while ((await iterator.next()).done !== true);
      },
    },
    { highWaterMark: 0 },
  );
}
