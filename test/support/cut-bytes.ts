import { setTimeout as sleep } from "node:timers/promises";

/** Cuts bytes into pieces of `size`, with a pause of `pauseMs` between them: `pauseMs: 1000, size: 1` is a drip. */
export async function* cutBytes(
  bytes: string | Uint8Array,
  { size, pauseMs = 0 }: { size: number; pauseMs?: number },
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.from(bytes);
  for (let start = 0; start < buffer.length; start += size) {
    if (start > 0) await sleep(pauseMs);
    yield buffer.subarray(start, start + size);
  }
}
