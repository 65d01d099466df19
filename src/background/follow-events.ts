import { keepAliveMs, SSE_DONE, SSE_KEEP_ALIVE } from "../protocol/sse.ts";
import { readEventsFrom } from "./event-log.ts";

/**
 * The events of a run from number `from` on, as the body of an event stream. Storage is the only source, and the number
 * of the next event is all that a reader holds: so any number of readers, from any event on, at any time, see each
 * event once and in order. Ends with the run; breaks when the response is erased.
 */
export function followEvents({
  storage,
  from,
  status,
  news,
}: {
  storage: DurableObjectStorage;
  from: number;
  /** How far the run is now, `final` when it has ended; undefined when the response is gone. */
  status: () => string | undefined;
  /** Resolves at the next change after it was called. */
  news: () => Promise<void>;
}): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = from;
  const left = Promise.withResolvers<void>();
  let hasLeft = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const change = news();
          const now = status();
          if (now === undefined) throw new Error("the response was erased");
          const events = readEventsFrom(storage.sql, next);
          if (events !== undefined) {
            next = events.next;
            // What a crash could still undo is not shown: other events would get its numbers.
            await storage.sync();
            if (hasLeft) return;
            controller.enqueue(encoder.encode(events.text));
            return;
          }
          if (now === "final") {
            await storage.sync();
            if (hasLeft) return;
            controller.enqueue(encoder.encode(SSE_DONE));
            controller.close();
            return;
          }
          const isSilent = await waitInSilence(Promise.race([change, left.promise]));
          if (hasLeft) return;
          if (isSilent) {
            controller.enqueue(encoder.encode(SSE_KEEP_ALIVE));
            return;
          }
        }
      },
      cancel() {
        hasLeft = true;
        left.resolve();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Waits for something to happen. Returns true when nothing did for 15 seconds. No timer is left: one keeps the object in
 * memory.
 */
async function waitInSilence(happening: Promise<void>): Promise<boolean> {
  const silence = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => silence.resolve(true), keepAliveMs);
  try {
    return await Promise.race([happening.then(() => false), silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
