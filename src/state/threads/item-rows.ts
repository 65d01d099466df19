import { joinBytes } from "../../protocol/join-bytes.ts";
import type { JsonBytes } from "../../store/json-bytes.ts";
import { splitBytes } from "../../store/pieces.ts";
import type { PackedItems } from "./thread-rpc.ts";

/** One piece of an item, as it is read. */
export interface ItemPiece extends Record<string, SqlStorageValue> {
  piece: number;
  data: ArrayBuffer;
}

/** Writes one value of JSON as the row `seq` of a turn. */
export function writeItem(
  sql: SqlStorage,
  { turn, seq, id, data }: { turn: number; seq: number; id: string; data: Uint8Array },
): void {
  for (const [piece, part] of splitBytes(data).entries()) {
    sql.exec("INSERT INTO item VALUES (?, ?, ?, ?, ?)", turn, seq, piece, piece === 0 ? id : "", part);
  }
}

/** Writes items as rows of a turn from `firstSeq` on. */
export function writeItems(
  sql: SqlStorage,
  { turn, firstSeq, items }: { turn: number; firstSeq: number; items: PackedItems },
): void {
  for (const { index, id, data } of unpackItems(items)) writeItem(sql, { turn, seq: firstSeq + index, id, data });
}

/** The items one by one, each a view of the bytes. */
export function* unpackItems({
  ids,
  lengths,
  data,
}: PackedItems): Generator<{ index: number; id: string; data: Uint8Array }> {
  let start = 0;
  for (const [index, id] of ids.entries()) {
    const end = start + (lengths[index] ?? 0);
    yield { index, id, data: data.subarray(start, end) };
    start = end;
  }
}

const open = Uint8Array.of(0x5b);
const close = Uint8Array.of(0x5d);
const comma = Uint8Array.of(0x2c);

/** Puts values of JSON, each in its pieces, together as a JSON array. */
export function joinItems(pieces: readonly Pick<ItemPiece, "piece" | "data">[]): JsonBytes {
  const parts = [open];
  for (const [index, { piece, data }] of pieces.entries()) {
    if (piece === 0 && index > 0) parts.push(comma);
    parts.push(new Uint8Array(data));
  }
  parts.push(close);
  return joinBytes(parts);
}

/** What items take of a context: their JSON, and a comma each. */
export function countBytes({ data, ids }: PackedItems): number {
  return data.length + ids.length;
}
