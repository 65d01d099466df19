import { splitBytes } from "../../state/pieces.ts";
import type { PackedItems } from "../../state/thread-rpc.ts";
import { type KeyRange, keyOfRow, pieceOfKey, type TurnKey } from "./item-key.ts";

/** One piece of an item, as it is read. */
export interface ItemPiece extends Record<string, SqlStorageValue> {
  piece: number;
  /** Of the first piece. */
  id: string;
  data: ArrayBuffer;
}

/** Pieces of a row's item are numbered from 0, those of what was converted of it from here. */
export const firstConversion = 1_000;

/** The piece that says that an item was claimed. */
export const claimPiece = 2_000;

/** What goes into a turn as its row `seq`. */
interface NewItem {
  seq: number;
  id: string;
  /** One value of JSON. */
  data: Uint8Array;
  /** JSON of what was converted of it. */
  conversions?: Uint8Array | undefined;
}

/** Reads the rows with these keys, without what was converted of them. */
export function readRows(sql: SqlStorage, keys: KeyRange): ItemPiece[] {
  return sql
    .exec<ItemPiece>(
      `SELECT ${pieceOfKey} AS piece, id, data FROM item WHERE key BETWEEN ? AND ? AND ${pieceOfKey} < ${firstConversion} ORDER BY key`,
      ...keys,
    )
    .toArray();
}

/** Rows that one statement writes: it binds at most 100 values (developers.cloudflare.com/durable-objects/platform/limits). */
const rowsAtOnce = 33;

/** Writes items of a turn, few statements for many. */
export function writeItems(sql: SqlStorage, turn: TurnKey, items: readonly NewItem[]): void {
  const rows = items.flatMap((item) => rowsOf(keyOfRow(turn, item.seq), item));
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const some = rows.slice(start, start + rowsAtOnce);
    sql.exec(`INSERT INTO item VALUES (?, ?, ?)${", (?, ?, ?)".repeat(some.length - 1)}`, ...some.flat());
  }
}

type Row = [key: number, id: string, data: Uint8Array];

function rowsOf(key: number, { id, data, conversions }: NewItem): Row[] {
  const pieces = splitBytes(data).map((part, index): Row => [key + index, index === 0 ? id : "", part]);
  if (conversions === undefined) return pieces;
  const converted = splitBytes(conversions).map((part, index): Row => [key + firstConversion + index, "", part]);
  return [...pieces, ...converted];
}

/** The items as they go into a turn from its row `firstSeq` on, each a view of the bytes. */
export function unpackItems({ ids, lengths, data, conversions }: PackedItems, firstSeq: number): NewItem[] {
  const converted = new Map(conversions.map((conversion) => [conversion.index, conversion.data]));
  let start = 0;
  return ids.map((id, index) => {
    const end = start + (lengths[index] ?? 0);
    const item = { seq: firstSeq + index, id, data: data.subarray(start, end), conversions: converted.get(index) };
    start = end;
    return item;
  });
}
