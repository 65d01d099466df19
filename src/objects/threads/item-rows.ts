import { splitBytes } from "../../state/pieces.ts";
import type { PackedItems } from "../../state/thread-rpc.ts";

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

/** What items take of a context: their JSON, and a comma each. */
export function countBytes({ data, ids }: PackedItems): number {
  return data.length + ids.length;
}
