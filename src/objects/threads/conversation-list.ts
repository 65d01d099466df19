import { mostContextBytes, mostContextItems } from "../../state/bounds.ts";
import { createThread } from "../../state/place.ts";
import type { AppendedItems, PackedItems, StoredConversation } from "../../state/thread-rpc.ts";
import { unpackItems, writeItem } from "./item-rows.ts";

/** The turn of items that were added to a conversation by themselves. */
const ownTurn = 0;

/** An item on its way into a conversation. */
interface NewItem extends Record<string, SqlStorageValue> {
  turn: number;
  seq: number;
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
export function listTurn(sql: SqlStorage, turn: number): AppendedItems["outcome"] {
  const items = sql.exec<NewItem>(
    `SELECT turn, seq, max(id) AS id, sum(length(data)) + 1 AS bytes FROM item
     WHERE turn = ? AND seq >= 0 GROUP BY seq ORDER BY seq`,
    turn,
  );
  return addToList(sql, items.toArray()).outcome;
}

/** Adds items of no turn. */
export function appendItems(sql: SqlStorage, items: PackedItems): AppendedItems {
  const { version } = readSize(sql) ?? { version: 0 };
  const added = [...unpackItems(items)].map(({ index, id, data }) => {
    const seq = version + 1 + index;
    return { item: { turn: ownTurn, seq, id, bytes: data.length + 1 }, data };
  });
  const listed = addToList(
    sql,
    added.map(({ item }) => item),
  );
  if (listed.outcome !== "added") return listed;
  for (const [index, { item, data }] of added.entries()) {
    writeItem(sql, { ...item, id: listed.ids[index] ?? item.id, data });
  }
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
  for (const [index, { turn, seq, id: wanted, bytes: itemBytes }] of added.entries()) {
    const id = isTaken(sql, wanted) ? renewId(wanted) : wanted;
    ids.push(id);
    sql.exec("INSERT INTO listed VALUES (?, NULL, ?, ?, ?, ?)", size.version + 1 + index, turn, seq, itemBytes, id);
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
  const unheld = sql.exec<{ position: number; turn: number; seq: number }>(
    `SELECT position, turn, seq FROM listed WHERE removed IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM turn WHERE version >= position AND version < removed)`,
  );
  for (const { position, turn, seq } of unheld.toArray()) {
    sql.exec("DELETE FROM listed WHERE position = ?", position);
    sql.exec(
      "DELETE FROM item WHERE turn = ?1 AND seq = ?2 AND NOT EXISTS (SELECT 1 FROM turn WHERE id = ?1)",
      turn,
      seq,
    );
  }
}
