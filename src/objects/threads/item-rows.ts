import { splitBytes } from "../../state/pieces.ts";
import type { PackedItems } from "../../state/thread-rpc.ts";

/** One piece of an item, as it is read. */
export interface ItemPiece extends Record<string, SqlStorageValue> {
  piece: number;
  data: ArrayBuffer;
}

/** Pieces of a row's item are numbered from 0, those of what was converted of it from here. */
export const firstConversion = 1_000;

/** The piece that says that an item was claimed. */
export const claimPiece = 2_000;

/** What is written as the row `seq` of a turn. */
interface NewRow {
  turn: number;
  seq: number;
  id: string;
  /** One value of JSON. */
  data: Uint8Array;
  /** JSON of what was converted of it. */
  conversions?: Uint8Array | undefined;
}

export function writeItem(sql: SqlStorage, { turn, seq, id, data, conversions }: NewRow): void {
  for (const [piece, part] of splitBytes(data).entries()) {
    sql.exec("INSERT INTO item VALUES (?, ?, ?, ?, ?)", turn, seq, piece, piece === 0 ? id : "", part);
  }
  for (const [piece, part] of conversions === undefined ? [] : splitBytes(conversions).entries()) {
    sql.exec("INSERT INTO item VALUES (?, ?, ?, '', ?)", turn, seq, firstConversion + piece, part);
  }
}

/** Writes items as rows of a turn from `firstSeq` on. */
export function writeItems(
  sql: SqlStorage,
  { turn, firstSeq, items }: { turn: number; firstSeq: number; items: PackedItems },
): void {
  for (const { index, ...row } of unpackItems(items)) writeItem(sql, { turn, seq: firstSeq + index, ...row });
}

/** The items one by one, each a view of the bytes. */
export function* unpackItems({
  ids,
  lengths,
  data,
  conversions,
}: PackedItems): Generator<Pick<NewRow, "id" | "data" | "conversions"> & { index: number }> {
  const converted = new Map(conversions.map((conversion) => [conversion.index, conversion.data]));
  let start = 0;
  for (const [index, id] of ids.entries()) {
    const end = start + (lengths[index] ?? 0);
    yield { index, id, data: data.subarray(start, end), conversions: converted.get(index) };
    start = end;
  }
}
