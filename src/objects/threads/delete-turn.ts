import { deleteUnheld } from "./conversation-list.ts";
import { keysOfRows, keysOfTurn, rowOfKey } from "./item-key.ts";

/** Turns that one alarm makes unreadable: the rest waits for the next, so that requests come in between. */
const turnsAtOnce = 500;

/** Makes a turn unreadable, and deletes it with all above it that nothing living stands on. */
export function deleteTurn(sql: SqlStorage, turn: number, hasConversation: boolean): void {
  sql.exec("UPDATE turn SET dead = 1 WHERE id = ?", turn);
  sweepUpwards(sql, turn, hasConversation);
  emptyResponse(sql, turn);
}

/** Of a turn that stays, nothing is left of its Response but the row that says that its key is taken. */
function emptyResponse(sql: SqlStorage, turn: number): void {
  const [left] = sql.exec<{ key: number }>("SELECT key FROM turn WHERE id = ?", turn).toArray();
  if (left === undefined) return;
  const [first, last] = keysOfRows(left.key);
  sql.exec("UPDATE item SET data = x'' WHERE key = ?", first);
  sql.exec("DELETE FROM item WHERE key > ? AND key <= ?", first, last);
}

/** Deletes turns whose time is over. Returns whether there may be more of them. */
export function deleteExpired(sql: SqlStorage, now: number, hasConversation: boolean): boolean {
  const expired = sql
    .exec<{ id: number }>("SELECT id FROM turn WHERE dead = 0 AND expires_at <= ? LIMIT ?", now, turnsAtOnce)
    .toArray();
  for (const { id } of expired) deleteTurn(sql, id, hasConversation);
  return expired.length === turnsAtOnce;
}

/** When the first of the living turns ends, in Unix milliseconds; undefined when none lives. */
export function findNextExpiry(sql: SqlStorage): number | undefined {
  const { next } = sql.exec<{ next: number | null }>("SELECT min(expires_at) AS next FROM turn WHERE dead = 0").one();
  return next ?? undefined;
}

/** Whether the object holds nothing that anybody could read. */
export function isEmpty(sql: SqlStorage, hasConversation: boolean): boolean {
  const holders = hasConversation ? "SELECT 1 FROM turn UNION ALL SELECT 1 FROM conversation" : "SELECT 1 FROM turn";
  return sql.exec(`SELECT 1 FROM (${holders}) LIMIT 1`).toArray().length === 0;
}

interface DeletedTurn extends Record<string, SqlStorageValue> {
  key: number;
  parent: number | null;
  version: number | null;
}

function sweepUpwards(sql: SqlStorage, from: number, hasConversation: boolean): void {
  let turn: number | null = from;
  while (turn !== null) {
    const [deleted]: DeletedTurn[] = sql
      .exec<DeletedTurn>(
        "DELETE FROM turn WHERE id = ? AND dead = 1 AND children = 0 RETURNING key, parent, version",
        turn,
      )
      .toArray();
    if (deleted === undefined) return;
    // What is in the conversation belongs to it from now on.
    const notListed = hasConversation ? ` AND ${rowOfKey} NOT IN (SELECT key FROM listed)` : "";
    sql.exec(`DELETE FROM item WHERE key BETWEEN ? AND ?${notListed}`, ...keysOfTurn(deleted.key));
    if (deleted.version !== null && hasConversation) deleteUnheld(sql);
    if (deleted.parent !== null) sql.exec("UPDATE turn SET children = children - 1 WHERE id = ?", deleted.parent);
    turn = deleted.parent;
  }
}
