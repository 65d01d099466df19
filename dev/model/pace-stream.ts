/** A piece of a body. A paced one carries a token, so it takes a token's time to come. */
export interface Frame {
  text: string;
  paced: boolean;
}

interface Pace {
  millisecondsPerToken: number;
  /** Sends half of the frames, then breaks the body. */
  breaks: boolean;
  signal: AbortSignal | undefined;
}

/**
 * Sends frames as a model does: a token at a time, no faster than they are read. Stops when the reader cancels; errors when the signal aborts.
 * A byte stream, because only those cross the RPC boundary between the Worker and its stand-in.
 */
export function paceStream(
  frames: Frame[],
  { millisecondsPerToken, breaks, signal }: Pace,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const left = new AbortController();
  const stopped = signal === undefined ? left.signal : AbortSignal.any([left.signal, signal]);
  const end = breaks ? Math.ceil(frames.length / 2) : frames.length;
  let next = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      stopped.throwIfAborted();
      const frame = next < end ? frames[next] : undefined;
      next += 1;
      if (frame === undefined) {
        if (breaks) throw new Error("The stand-in broke the stream, as [error midstream] asked.");
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      if (frame.paced) await scheduler.wait(millisecondsPerToken, { signal: stopped });
      controller.enqueue(encoder.encode(frame.text));
    },
    cancel(reason) {
      left.abort(reason);
    },
  });
}
