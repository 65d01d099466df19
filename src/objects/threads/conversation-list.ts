import { mostContextBytes, mostContextItems } from "../../state/bounds.ts";
import { createThread } from "../../state/place.ts";
import type { AppendedItems, PackedItems, StoredConversation } from "../../state/thread-rpc.ts";
import { keyOfRow, keysOfRows, keysOfTurn, readNextTurn, rowOfKey, type TurnKey, turnOf } from "./item-key.ts";
import { unpackItems, writeItems } from "./item-rows.ts";

/** An item on its way into a conversation. */
interface NewItem {
  /** Of its row. */
  key: number;
  id: string;
  bytes: number;
}

export function readConversation(sql: SqlStorage): StoredConversation | undefined {
  const [row] = sql
    .exec<{ created_at: number; metadata: string }>("SELECT created_at, metadata FROM conversation")
    .toArray();
  return row === undefined ? undefined : { createdAt: row.created_at, metadata: row.metadata };
}

/** Adds the items of a turn that is written, input first, to the end of the conversation. */
export function listTurn(sql: SqlStorage, turn: TurnKey): AppendedItems["outcome"] {
  const items = sql.exec<NewItem & Record<string, SqlStorageValue>>(
    `SELECT min(key) AS key, max(id) AS id, sum(length(data)) + 1 AS bytes FROM item
       WHERE key BETWEEN ? AND ? GROUP BY ${rowOfKey} ORDER BY ${rowOfKey}`,
    ...keysOfTurn(turn, 0),
  );
  return addToList(sql, items.toArray()).outcome;
}

/** Adds items of no turn. */
export function appendItems(sql: SqlStorage, items: PackedItems): AppendedItems {
  const turn = readNextTurn(sql);
  const added = unpackItems(items, 0);
  const listed = addToList(
    sql,
    added.map(({ seq, id, data }) => ({ key: keyOfRow(turn, seq), id, bytes: data.length + 1 })),
  );
  if (listed.outcome !== "added") return listed;
  for (const [index, item] of added.entries()) item.id = listed.ids[index] ?? item.id;
  writeItems(sql, turn, added);
  return listed;
}

/** Adds rows to the list, all or none. */
function addToList(sql: SqlStorage, added: readonly NewItem[]): AppendedItems {
  const size = readSize(sql);
  if (size === undefined) return { outcome: "gone", ids: [] };
  const bytes = size.bytes + added.reduce((sum, item) => sum + item.bytes, 0);
  const items = size.items + added.length;
  if (bytes > mostContextBytes || items > mostContextItems) return { outcome: "full", ids: [] };
  const ids: string[] = [];
  for (const [index, { key, id: wanted, bytes: itemBytes }] of added.entries()) {
    const id = isTaken(sql, wanted) ? renewId(wanted) : wanted;
    ids.push(id);
    sql.exec("INSERT INTO listed VALUES (?, NULL, ?, ?, ?)", size.version + 1 + index, key, itemBytes, id);
  }
  sql.exec("UPDATE conversation SET version = ?, bytes = ?, items = ?", size.version + added.length, bytes, items);
  return { outcome: "added", ids };
}

/** What a conversation holds; undefined when there is none. */
export function readSize(sql: SqlStorage): { version: number; bytes: number; items: number } | undefined {
  return sql
    .exec<{ version: number; bytes: number; items: number }>("SELECT version, bytes, items FROM conversation")
    .toArray()[0];
}

/** Whether the turn that made an item is there, living or not. */
function isHeld(sql: SqlStorage, key: number): boolean {
  return sql.exec("SELECT 1 FROM item WHERE key = ?", turnOf(key)).toArray().length > 0;
}

/** A list is read on after an id: with one id twice it would be read without end. */
function isTaken(sql: SqlStorage, id: string): boolean {
  return sql.exec("SELECT 1 FROM listed WHERE id = ? AND removed IS NULL", id).toArray().length > 0;
}

function renewId(id: string): string {
  const [, prefix = "item"] = /^([a-z]{1,16})_/.exec(id) ?? [];
  return `${prefix}_${createThread()}`;
}

/** Takes an item out of the conversation. Returns false when it is not in it. */
export function removeItem(sql: SqlStorage, id: string): boolean {
  const [row] = sql
    .exec<{ position: number; bytes: number }>(
      "SELECT position, bytes FROM listed WHERE id = ? AND removed IS NULL",
      id,
    )
    .toArray();
  if (row === undefined) return false;
  sql.exec("UPDATE conversation SET version = version + 1, bytes = bytes - ?, items = items - 1", row.bytes);
  sql.exec("UPDATE listed SET removed = (SELECT version FROM conversation) WHERE position = ?", row.position);
  deleteUnheld(sql);
  return true;
}

/** Deletes the conversation, and of its items those that no turn holds. */
export function removeConversation(sql: SqlStorage): void {
  sql.exec("UPDATE listed SET removed = (SELECT version + 1 FROM conversation) WHERE removed IS NULL");
  sql.exec("DELETE FROM conversation");
  deleteUnheld(sql);
}

/**
 * Deletes what has left the conversation and is held by no turn: neither by the one that made it nor by one that was
 * given the conversation while it was in it.
 */
export function deleteUnheld(sql: SqlStorage): void {
  const unheld = sql.exec<{ position: number; key: number }>(
    `SELECT position, key FROM listed WHERE removed IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM turn WHERE version >= position AND version < removed)`,
  );
  for (const { position, key } of unheld.toArray()) {
    sql.exec("DELETE FROM listed WHERE position = ?", position);
    if (!isHeld(sql, key)) sql.exec("DELETE FROM item WHERE key BETWEEN ? AND ?", ...keysOfRows(key));
  }
}
