import { schemaMismatch } from "../../state/schema-mismatch.ts";

/** Changes with the tables: an object that another version of them wrote is refused, never misread. */
export const threadSchema = 1;

/**
 *   thread   one row: whose it is, and when its alarm rings
 *   turn     a tree. "version" is the conversation as the turn saw it. A dead turn can't be read: its Response is gone,
 *            and it is there for the living turns that stand on it, its "children" and theirs. "bytes" and "items" count
 *            the context up to and with this turn
 *   item     in pieces of what a row can hold: input, output, and the Response without its output (see place.ts); what was
 *            converted of an item, and whether it was claimed, in further pieces (see item-rows.ts). Turn 0 has what was added to the conversation by itself
 */
const threadTables = `
  CREATE TABLE thread (schema INTEGER NOT NULL, owner TEXT NOT NULL, wakes_at INTEGER);
  CREATE TABLE turn (
    id INTEGER PRIMARY KEY, parent INTEGER, version INTEGER, status TEXT NOT NULL, kind TEXT NOT NULL,
    expires_at INTEGER NOT NULL, dead INTEGER NOT NULL, children INTEGER NOT NULL,
    inputs INTEGER NOT NULL, outputs INTEGER NOT NULL, bytes INTEGER NOT NULL, items INTEGER NOT NULL
  );
  CREATE TABLE item (
    turn INTEGER NOT NULL, seq INTEGER NOT NULL, piece INTEGER NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (turn, seq, piece)
  ) WITHOUT ROWID;`;

/**
 *   conversation   one row. "version" counts its changes, "bytes" and "items" what is in it
 *   listed         its items in order: each is in it from the version "position" on, and before the version "removed"
 */
const conversationTables = `
  CREATE TABLE conversation (
    created_at INTEGER NOT NULL, metadata TEXT NOT NULL, version INTEGER NOT NULL, bytes INTEGER NOT NULL, items INTEGER NOT NULL
  );
  CREATE TABLE listed (
    position INTEGER PRIMARY KEY, removed INTEGER, turn INTEGER NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL, id TEXT NOT NULL
  );
  CREATE INDEX listed_id ON listed (id);
  CREATE INDEX turn_version ON turn (version) WHERE version IS NOT NULL;`;

/** What an object knows of itself. */
export interface ThreadRow {
  owner: string;
  /** When its alarm rings, in Unix milliseconds. */
  wakesAt: number | undefined;
  hasConversation: boolean;
}

/**
 * Reads what an object is; undefined for one that holds nothing. Writes nothing.
 * Throws when another version of the Worker has written it.
 */
export function readThread(sql: SqlStorage): ThreadRow | undefined {
  const rows = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name IN ('thread', 'conversation')");
  const tables = new Set([...rows].map(({ name }) => name));
  if (!tables.has("thread")) return undefined;
  const { schema, owner, wakes_at } = sql
    .exec<{ schema: number; owner: string; wakes_at: number | null }>("SELECT * FROM thread")
    .one();
  if (schema !== threadSchema) throw schemaMismatch({ stored: schema, known: threadSchema });
  return { owner, wakesAt: wakes_at ?? undefined, hasConversation: tables.has("conversation") };
}

export function createThreadTables(sql: SqlStorage, owner: string): void {
  sql.exec(threadTables);
  sql.exec("INSERT INTO thread VALUES (?, ?, NULL)", threadSchema, owner);
}

export function createConversationTables(sql: SqlStorage): void {
  sql.exec(conversationTables);
}
