import { eventTable } from "../../background/event-log.ts";
import { type JsonRecord, parseRecord } from "../../protocol/json.ts";
import { decodeJson, type JsonBytes } from "../../state/json-bytes.ts";
import { joinPieces, splitBytes } from "../../state/pieces.ts";
import { schemaMismatch } from "../../state/schema-mismatch.ts";
import type { TurnKind } from "../../state/thread-rpc.ts";

/** Changes with the tables: an object that another version of them wrote is refused, never misread. */
const runSchema = 1;

/**
 *   run        one row: whose it is, how far it is, where its turn is, when it goes, and its webhook's attempts
 *   document   "response": the Response so far, while the run goes on · "job": what the run has to know of its request ·
 *              "ending": the Response that the run ends with, until its thread has it · "webhook": the event to deliver
 */
const runTables = `
  CREATE TABLE run (
    schema INTEGER NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL, thread TEXT NOT NULL,
    turn INTEGER NOT NULL, version INTEGER, expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL, attempt_at INTEGER
  );
  CREATE TABLE document (
    name TEXT NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, piece)
  ) WITHOUT ROWID;
  ${eventTable}`;

export type DocumentName = "response" | "job" | "ending" | "webhook";

const statuses = ["starting", "queued", "running", "closing", "final"] as const;

/**
 * `starting`: its turn may not be in its thread yet. `queued`: the run has not begun. `running`: it has. `closing`: its
 * end is decided, and its thread gets it before anybody sees it. `final`: it has ended, and has its events and its
 * webhook.
 */
export type RunStatus = (typeof statuses)[number];

export interface RunRecord {
  owner: string;
  status: RunStatus;
  kind: TurnKind;
  thread: string;
  turn: number;
  /** The conversation that the run continues, as it was read. */
  version: number | undefined;
  /** Unix milliseconds. */
  expiresAt: number;
  /** How often its webhook was tried, and when it is tried next; undefined when it is not. */
  attempts: number;
  attemptAt: number | undefined;
}

interface RunRow extends Record<string, SqlStorageValue> {
  schema: number;
  owner: string;
  status: string;
  kind: string;
  thread: string;
  turn: number;
  version: number | null;
  expires_at: number;
  attempts: number;
  attempt_at: number | null;
}

/** Reads the record; undefined when there is none, or its time is over. Writes nothing. */
export function readRun(sql: SqlStorage): RunRecord | undefined {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'run'").toArray().length === 0) return undefined;
  const row = sql.exec<RunRow>("SELECT * FROM run").one();
  if (row.schema !== runSchema) throw schemaMismatch({ stored: row.schema, known: runSchema });
  if (row.expires_at <= Date.now()) return undefined;
  return {
    owner: row.owner,
    status: statuses.find((status) => status === row.status) ?? "final",
    kind: row.kind === "streamed" ? "streamed" : "background",
    thread: row.thread,
    turn: row.turn,
    version: row.version ?? undefined,
    expiresAt: row.expires_at,
    attempts: row.attempts,
    attemptAt: row.attempt_at ?? undefined,
  };
}

/** Writes the record of a new run. */
export function createRun(
  sql: SqlStorage,
  { owner, kind, thread, turn, version, expiresAt }: Omit<RunRecord, "status" | "attempts" | "attemptAt">,
): void {
  sql.exec(runTables);
  const values = [runSchema, owner, kind, thread, turn, version ?? null, expiresAt];
  sql.exec("INSERT INTO run VALUES (?, ?, 'starting', ?, ?, ?, ?, ?, 0, NULL)", ...values);
}

export function writeStatus(sql: SqlStorage, status: RunStatus): void {
  sql.exec("UPDATE run SET status = ?", status);
}

export function writeAttempts(
  sql: SqlStorage,
  { attempts, attemptAt }: Pick<RunRecord, "attempts" | "attemptAt">,
): void {
  sql.exec("UPDATE run SET attempts = ?, attempt_at = ?", attempts, attemptAt ?? null);
}

/** Reads a document. Throws when there is none: the object wrote it, so its storage is damaged. */
export function parseDocument(sql: SqlStorage, name: DocumentName): JsonRecord {
  const rows = sql.exec<{ data: ArrayBuffer }>("SELECT data FROM document WHERE name = ? ORDER BY piece", name);
  const record = parseRecord(decodeJson(joinPieces(rows.toArray().map(({ data }) => data))));
  if (record === undefined) throw new Error("a stored document is damaged");
  return record;
}

export function writeDocument(sql: SqlStorage, name: DocumentName, document: JsonBytes): void {
  deleteDocument(sql, name);
  for (const [index, piece] of splitBytes(document).entries()) {
    sql.exec("INSERT INTO document VALUES (?, ?, ?)", name, index, piece);
  }
}

export function deleteDocument(sql: SqlStorage, name: DocumentName): void {
  sql.exec("DELETE FROM document WHERE name = ?", name);
}
