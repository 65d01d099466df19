import { responseSeq } from "../../state/place.ts";
import { deleteUnheld } from "./conversation-list.ts";

/** Turns that one alarm makes unreadable: the rest waits for the next, so that requests come in between. */
const turnsAtOnce = 500;

/** Makes a turn unreadable, and deletes it with all above it that nothing living stands on. */
export function deleteTurn(sql: SqlStorage, turn: number, hasConversation: boolean): void {
  sql.exec("UPDATE turn SET dead = 1 WHERE id = ?", turn);
  sql.exec("DELETE FROM item WHERE turn = ? AND seq = ?", turn, responseSeq);
  sweepUpwards(sql, turn, hasConversation);
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

function sweepUpwards(sql: SqlStorage, from: number, hasConversation: boolean): void {
  let turn: number | null = from;
  while (turn !== null) {
    const [deleted]: { parent: number | null; version: number | null }[] = sql
      .exec<{ parent: number | null; version: number | null }>(
        "DELETE FROM turn WHERE id = ? AND dead = 1 AND children = 0 RETURNING parent, version",
        turn,
      )
      .toArray();
    if (deleted === undefined) return;
    // What is in the conversation belongs to it from now on.
    const isListed = "EXISTS (SELECT 1 FROM listed WHERE listed.turn = item.turn AND listed.seq = item.seq)";
    sql.exec(`DELETE FROM item WHERE turn = ?${hasConversation ? ` AND NOT ${isListed}` : ""}`, turn);
    if (deleted.version !== null && hasConversation) deleteUnheld(sql);
    if (deleted.parent !== null) sql.exec("UPDATE turn SET children = children - 1 WHERE id = ?", deleted.parent);
    turn = deleted.parent;
  }
}
