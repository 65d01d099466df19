import type { JsonBytes } from "../state/json-bytes.ts";
import { joinPieces, splitBytes } from "../state/pieces.ts";
import type { RecordKind, RecordStatus } from "../state/response-rpc.ts";
import { migrate, readSchemaVersion } from "./migrate.ts";

/**
 * What brings an object's tables from one version to the next. Released steps never change; a new one goes to the end.
 *
 *   response     one row: whose it is, how far it is, when it goes
 *   document     "response": the Response · "items": what the model was given, earlier turns included ·
 *                "job": the request that a background run answers, until it has ended ·
 *                "ending": the Response that a run is about to end with
 *   event        of a background stream, events in batches: "first" is the number of the first, "count" how many
 */
export const responseSteps: readonly string[] = [
  `CREATE TABLE response (
     owner TEXT NOT NULL, status TEXT NOT NULL, expires_at INTEGER NOT NULL, kind TEXT NOT NULL
   );
   CREATE TABLE document (
     name TEXT NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, piece)
   ) WITHOUT ROWID;
   CREATE TABLE event (
     first INTEGER NOT NULL, piece INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
     PRIMARY KEY (first, piece)
   ) WITHOUT ROWID;`,
];

export type DocumentName = "response" | "items" | "job" | "ending";

export interface ResponseRecord {
  owner: string;
  status: RecordStatus;
  kind: RecordKind;
  /** Unix milliseconds. */
  expiresAt: number;
}

/** Opens what is there for use by this version. Writes nothing in an object that was never written to. */
export function openRecord(storage: DurableObjectStorage): void {
  if (readSchemaVersion(storage.sql) > 0) migrate(storage, responseSteps);
}

/** The record, undefined when there is none or its time is over. */
export function readRecord(sql: SqlStorage): ResponseRecord | undefined {
  if (readSchemaVersion(sql) === 0) return undefined;
  const [row] = sql
    .exec<{ owner: string; status: string; expires_at: number; kind: string }>("SELECT * FROM response")
    .toArray();
  if (row === undefined || row.expires_at <= Date.now()) return undefined;
  const { owner, status, kind } = row;
  return {
    owner,
    status: status === "queued" || status === "running" || status === "closing" ? status : "final",
    kind: kind === "background" || kind === "streamed" ? kind : "foreground",
    expiresAt: row.expires_at,
  };
}

/** Writes the record of a new response. What is left here of another is past its time, and its alarm is late. */
export function writeRecord(storage: DurableObjectStorage, { owner, status, kind, expiresAt }: ResponseRecord): void {
  migrate(storage, responseSteps);
  storage.sql.exec("DELETE FROM response; DELETE FROM document; DELETE FROM event");
  storage.sql.exec(
    "INSERT INTO response (owner, status, expires_at, kind) VALUES (?, ?, ?, ?)",
    owner,
    status,
    expiresAt,
    kind,
  );
}

export function writeStatus(sql: SqlStorage, status: RecordStatus): void {
  sql.exec("UPDATE response SET status = ?", status);
}

/** A document, empty when there is none. */
export function readDocument(sql: SqlStorage, name: DocumentName): JsonBytes {
  const rows = sql.exec<{ data: ArrayBuffer }>("SELECT data FROM document WHERE name = ? ORDER BY piece", name);
  return joinPieces(rows.toArray().map(({ data }) => data));
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
