import type { JsonBytes } from "../../state/json-bytes.ts";
import { joinItems } from "../../state/pieces.ts";
import { placeOfItem } from "../../state/place.ts";
import { isPieceOf, keyOfRow, keysOfRows, pieceOfKey } from "./item-key.ts";
import { claimPiece, firstConversion, type ItemPiece, readRows } from "./item-rows.ts";
import { findTurn } from "./read-context.ts";

/** Reads the items that these ids name, of responses that have ended and can be read; those that are there. */
export function readItems(sql: SqlStorage, ids: readonly string[]): { ids: string[]; items: JsonBytes } {
  const found = ids
    .map((id) => ({ id, pieces: readItem(sql, id)?.pieces ?? [] }))
    .filter(({ pieces }) => pieces.length > 0);
  return { ids: found.map(({ id }) => id), items: joinItems(found.flatMap(({ pieces }) => pieces)) };
}

function readItem(sql: SqlStorage, id: string): { key: number; pieces: ItemPiece[] } | undefined {
  const place = placeOfItem(id);
  const turn = place === undefined ? undefined : findTurn(sql, place.turn);
  if (place === undefined || turn?.status !== "final") return undefined;
  const key = keyOfRow(turn.key, place.seq);
  const pieces = readRows(sql, keysOfRows(key));
  // The same place under another prefix is no item.
  return pieces[0]?.id === id ? { key, pieces } : undefined;
}

/** Reads an item of the conversation; no pieces when it has none with this id. */
export function readListedItem(sql: SqlStorage, id: string): ItemPiece[] {
  return sql
    .exec<ItemPiece>(
      `SELECT ${pieceOfKey} AS piece, listed.id, item.data FROM listed CROSS JOIN item ON ${isPieceOf("listed")}
         WHERE listed.id = ? AND removed IS NULL AND ${pieceOfKey} < ${firstConversion} ORDER BY item.key`,
      id,
    )
    .toArray();
}

/** Uses up an item: true for the first who asks. */
export function claimItem(sql: SqlStorage, id: string): boolean {
  const item = readItem(sql, id);
  if (item === undefined) return false;
  return sql.exec("INSERT OR IGNORE INTO item VALUES (?, '', x'')", item.key + claimPiece).rowsWritten > 0;
}
