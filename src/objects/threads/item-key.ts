/**
 * Keys of the table `item`: integers in which a turn's rows lie together, in the order in which they are read.
 *
 *   turn    25 bits   its number in the object, from 1 on
 *   row     17 bits   `seq` + 1: the Response, then the input, then the output (see place.ts)
 *   piece   11 bits   of the row (see item-rows.ts)
 *
 * One integer, because SQLite finds a rowid without reading the rows that it passes. A `WITHOUT ROWID` table with these as
 * three columns reads a whole row at each step of a search, with the pages that it spills to: such tables are for rows
 * smaller than a twentieth of a page (sqlite.org/withoutrowid.html), and each item of 4 KB took eleven reads of the disk.
 * An index beside the table would be another row written for each item.
 */
import { responseSeq } from "../../state/place.ts";

const rowSpan = 2 ** 11;
const turnSpan = 2 ** 28;

/** With these an integer of JavaScript is used up, and an object full long before. */
const mostTurns = 2 ** 25;

/** Where a turn begins: the key of its Response, which has a row as long as the turn is there. */
export type TurnKey = number;

/** The first and the last of some keys. */
export type KeyRange = [first: number, last: number];

/** The key of a row, which is its first piece's. */
export function keyOfRow(turn: TurnKey, seq: number): number {
  return turn + (seq - responseSeq) * rowSpan;
}

/** The keys of a turn from one row on: all of them, or from the input or the output on. */
export function keysOfTurn(turn: TurnKey, firstSeq = responseSeq): KeyRange {
  return [keyOfRow(turn, firstSeq), turn + turnSpan - 1];
}

/** The keys of `count` rows, from the one with this key on. */
export function keysOfRows(key: number, count = 1): KeyRange {
  return [key, key + count * rowSpan - 1];
}

/** The key of the row so many after the one with this key. */
export function skipRows(key: number, count: number): number {
  return key + count * rowSpan;
}

/** How many rows the one with the key `to` is after the one with the key `from`. */
export function countRows(from: number, to: number): number {
  return (to - from) / rowSpan;
}

/** The turn that a row is of. */
export function turnOf(key: number): TurnKey {
  return key - (key % turnSpan);
}

/** SQL: the number of a piece in its row. */
export const pieceOfKey = `(item.key % ${rowSpan})`;

/** SQL: the key of a piece's row. */
export const rowOfKey = `(item.key - item.key % ${rowSpan})`;

/** SQL: input and output of the turn in a row of another table. */
export function isItemOf(turns: string): string {
  return `item.key BETWEEN ${turns}.key + ${rowSpan} AND ${turns}.key + ${turnSpan - 1}`;
}

/** SQL: the pieces of the item in a row of another table. */
export function isPieceOf(items: string): string {
  return `item.key BETWEEN ${items}.key AND ${items}.key + ${rowSpan - 1}`;
}

/** SQL: where the next turn begins. A number is free again when the table has nothing of its turn, nor of one after it. */
export const nextTurn = `(SELECT (coalesce(max(key), 0) / ${turnSpan} + 1) * ${turnSpan} FROM item)`;

/** The same, as it is now. */
export function readNextTurn(sql: SqlStorage): TurnKey {
  return checkTurnKey(sql.exec<{ key: TurnKey }>(`SELECT ${nextTurn} AS key`).one().key);
}

/** Throws when a turn begins where its keys would not be exact any more. */
export function checkTurnKey(turn: TurnKey): TurnKey {
  if (turn >= mostTurns * turnSpan) throw new Error("this object can number no further turn");
  return turn;
}
