import type { JsonBytes } from "../../state/json-bytes.ts";
import { joinItems } from "../../state/pieces.ts";
import { placeOfItem } from "../../state/place.ts";
import { claimPiece, firstConversion, type ItemPiece } from "./item-rows.ts";
import { findTurn } from "./read-context.ts";

/** Reads the items that these ids name, of responses that have ended and can be read; those that are there. */
export function readItems(sql: SqlStorage, ids: readonly string[]): { ids: string[]; items: JsonBytes } {
  const found = ids.map((id) => ({ id, pieces: readItem(sql, id) })).filter(({ pieces }) => pieces.length > 0);
  return { ids: found.map(({ id }) => id), items: joinItems(found.flatMap(({ pieces }) => pieces)) };
}

function readItem(sql: SqlStorage, id: string): ItemPiece[] {
  const place = placeOfItem(id);
  if (place === undefined || findTurn(sql, place.turn)?.status !== "final") return [];
  const rows = sql.exec<ItemPiece & { id: string }>(
    "SELECT piece, id, data FROM item WHERE turn = ? AND seq = ? AND piece < ? ORDER BY piece",
    place.turn,
    place.seq,
    firstConversion,
  );
  const pieces = rows.toArray();
  // The same place under another prefix is no item.
  return pieces[0]?.id === id ? pieces : [];
}

/** Reads an item of the conversation; no pieces when it has none with this id. */
export function readListedItem(sql: SqlStorage, id: string): ItemPiece[] {
  return sql
    .exec<ItemPiece>(
      `SELECT item.piece, item.data FROM listed CROSS JOIN item USING (turn, seq)
         WHERE listed.id = ? AND removed IS NULL AND item.piece < ${firstConversion} ORDER BY item.piece`,
      id,
    )
    .toArray();
}

/** Uses up an item: true for the first who asks. */
export function claimItem(sql: SqlStorage, id: string): boolean {
  const place = placeOfItem(id);
  if (place === undefined || readItem(sql, id).length === 0) return false;
  const { rowsWritten } = sql.exec(
    "INSERT OR IGNORE INTO item VALUES (?, ?, ?, '', x'')",
    place.turn,
    place.seq,
    claimPiece,
  );
  return rowsWritten > 0;
}
