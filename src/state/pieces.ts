import { joinBytes } from "../streams/read-whole.ts";

/** A row of SQLite storage holds 2 MB (developers.cloudflare.com/durable-objects/platform/limits): room for the rest of it. */
const maxPieceBytes = 1_900_000;

/** Cuts bytes of any length into pieces that each fit into a row. Empty input gives one empty piece. */
export function splitBytes(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += maxPieceBytes) {
    pieces.push(bytes.subarray(start, start + maxPieceBytes));
  }
  return pieces;
}

/** Puts together what `splitBytes` has cut. */
export function joinPieces(pieces: readonly ArrayBuffer[]): Uint8Array {
  return joinBytes(pieces.map((piece) => new Uint8Array(piece)));
}

const [open, comma, close] = [Uint8Array.of(0x5b), Uint8Array.of(0x2c), Uint8Array.of(0x5d)];

/** Joins JSON values, each cut by `splitBytes`, into a JSON array. */
export function joinItems(rows: readonly { piece: number; data: ArrayBuffer }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { piece, data } of rows) {
    if (piece === 0 && parts.length > 0) parts.push(comma);
    parts.push(new Uint8Array(data));
  }
  return joinBytes([open, ...parts, close]);
}
