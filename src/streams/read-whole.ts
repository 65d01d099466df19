/** A body with the headers that say how long it is. */
interface Message {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly headers: Headers;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Reads a body to its end, if it has at most `most` bytes; undefined when it is longer. A body of a known length is read
 * by the runtime, any other by counting. `hold` is called with numbers of bytes before they are held, and may refuse them
 * by throwing.
 * @throws what breaks the body, and what `hold` throws
 */
export async function readWhole(
  message: Message,
  most: number,
  hold: (bytes: number) => void = () => {},
): Promise<ArrayBuffer | undefined> {
  const { headers } = message;
  // The length of a compressed body says nothing of what comes out of it.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  if (length !== null && /^\d{1,15}$/.test(length)) {
    if (Number(length) > most) {
      await message.body?.cancel();
      return undefined;
    }
    try {
      hold(Number(length));
    } catch (error) {
      // A client that is still sending would lose the answer to a reset.
      await message.body?.pipeTo(new WritableStream()).catch(() => {});
      throw error;
    }
    return message.arrayBuffer();
  }
  // Not before: to open a body as a stream costs as much as to read a small one.
  const { body } = message;
  return body === null ? new ArrayBuffer(0) : countBytes(body, { most, hold });
}

/** Bytes of the first read: most bodies are shorter, and are read by it alone. Each further one is twice as large. */
const firstRead = 16_384;
const largestRead = 1_048_576;

async function countBytes(
  body: ReadableStream<Uint8Array>,
  { most, hold }: { most: number; hold: (bytes: number) => void },
): Promise<ArrayBuffer | undefined> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let room = firstRead; ; room = Math.min(2 * room, largestRead)) {
    // One byte too many is enough to know.
    const size = Math.min(room, most + 1 - total);
    const { done, value } = await reader.readAtLeast(size, new Uint8Array(size));
    if (value !== undefined) {
      total += value.length;
      try {
        hold(value.length);
      } catch (error) {
        void reader.cancel().catch(() => {});
        throw error;
      }
      pieces.push(value);
    }
    if (total > most) {
      void reader.cancel().catch(() => {});
      return undefined;
    }
    // Less than was asked for is all there is.
    if (done || value.length < size) return joinBytes(pieces).buffer;
  }
}

/** Puts pieces of bytes together, in a copy. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
