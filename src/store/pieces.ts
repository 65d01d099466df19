/** A row of SQLite storage holds 2 MB (developers.cloudflare.com/durable-objects/platform/limits): room for the rest of it. */
const maxPieceBytes = 1_900_000;

const encoder = new TextEncoder();

/** Cuts a text of any length into what fits a row each. Never none: an empty text is one empty piece. */
export function splitText(text: string): Uint8Array[] {
  const bytes = encoder.encode(text);
  const pieces: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += maxPieceBytes) {
    pieces.push(bytes.subarray(start, start + maxPieceBytes));
  }
  return pieces;
}

/** Puts together what `splitText` has cut. */
export function joinPieces(pieces: readonly ArrayBuffer[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
