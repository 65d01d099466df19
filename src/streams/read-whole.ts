/** A body with the headers that say how long it is. */
interface Message {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly headers: Headers;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Reads a body to its end, if it has at most `most` bytes; undefined when it is longer. A body of a known length is read
 * by the runtime, any other by counting.
 * @throws what breaks the body
 */
export async function readWhole(message: Message, most: number): Promise<ArrayBuffer | undefined> {
  const { body, headers } = message;
  if (body === null) return new ArrayBuffer(0);
  // The length of a compressed body says nothing of what comes out of it.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  if (length !== null && /^\d{1,15}$/.test(length)) {
    if (Number(length) <= most) return message.arrayBuffer();
    await body.cancel();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    if (total > most) return undefined;
    chunks.push(chunk);
  }
  return joinBytes(chunks).buffer;
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
