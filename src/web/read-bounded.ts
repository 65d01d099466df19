import { joinBytes } from "../streams/read-whole.ts";

/**
 * Reads a body whole, or stops: `undefined` when it is larger than `maxBytes`, and the rest is never fetched. An
 * announced length is believed only where it is too large.
 */
export async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const { body } = response;
  if (body === null) return new Uint8Array();
  if (Number(response.headers.get("content-length")) > maxBytes) {
    await body.cancel();
    return undefined;
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the body.
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > maxBytes) return undefined;
    pieces.push(piece);
  }
  return joinBytes(pieces);
}
