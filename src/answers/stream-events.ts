import { createStamp } from "../protocol/events.ts";
import { renderEvent, SSE_DONE, SSE_KEEP_ALIVE } from "../protocol/sse.ts";
import type { ModelEvents } from "./model-events.ts";
import { SilenceWatch } from "./watch-silence.ts";

/**
 * Turns live events into the body of an event stream: numbered, whole events in every write, one write for what one
 * read of upstream brought. Upstream is read as fast as the client reads. A client that waits for `keepAliveMs`
 * milliseconds gets a comment, so that no proxy takes the connection for dead; a client that leaves cancels upstream.
 */
export function streamEvents(
  events: ModelEvents,
  { keepAliveMs }: { keepAliveMs: number },
): ReadableStream<Uint8Array> {
  const stamp = createStamp();
  const encoder = new TextEncoder();
  const keepAlive = encoder.encode(SSE_KEEP_ALIVE);
  let silence: SilenceWatch | undefined;
  let left = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        silence = new SilenceWatch(keepAliveMs, () => {
          // One that still waits for the client is enough.
          if (controller.desiredSize === 0) controller.enqueue(keepAlive);
        });
      },
      async pull(controller) {
        silence?.startWaiting();
        const batch = await events.next();
        silence?.endWaiting();
        if (left) return;
        let text = "";
        for (const event of batch) text += renderEvent(stamp(event));
        if (!events.ended) return controller.enqueue(encoder.encode(text));
        silence?.stop();
        controller.enqueue(encoder.encode(text + SSE_DONE));
        controller.close();
      },
      async cancel(reason) {
        left = true;
        silence?.stop();
        await events.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
