import { migrate, readSchemaVersion } from "./migrate.ts";
import { joinPieces, splitText } from "./pieces.ts";

/**
 * What brings an object's tables from one version to the next. Released steps never change; a new one goes to the end.
 *
 *   response     one row: whose it is, how far it is, when it goes
 *   document     "response": the Response · "items": what the model was given, earlier turns included
 */
export const responseSteps: readonly string[] = [
  `CREATE TABLE response (owner TEXT NOT NULL, status TEXT NOT NULL, expires_at INTEGER NOT NULL);
   CREATE TABLE document (
     name TEXT NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, piece)
   ) WITHOUT ROWID;`,
];

export type DocumentName = "response" | "items";

/** `final`: the Response will not change any more. */
export type RecordStatus = "final";

export interface ResponseRecord {
  owner: string;
  status: RecordStatus;
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
    .exec<{ owner: string; status: string; expires_at: number }>("SELECT owner, status, expires_at FROM response")
    .toArray();
  if (row === undefined || row.expires_at <= Date.now()) return undefined;
  return { owner: row.owner, status: "final", expiresAt: row.expires_at };
}

export function writeRecord(storage: DurableObjectStorage, { owner, status, expiresAt }: ResponseRecord): void {
  migrate(storage, responseSteps);
  storage.sql.exec("INSERT INTO response VALUES (?, ?, ?)", owner, status, expiresAt);
}

/** The text of a document, `""` when it was never written. */
export function readDocument(sql: SqlStorage, name: DocumentName): string {
  const rows = sql.exec<{ data: ArrayBuffer }>("SELECT data FROM document WHERE name = ? ORDER BY piece", name);
  return joinPieces(rows.toArray().map(({ data }) => data));
}

export function writeDocument(sql: SqlStorage, name: DocumentName, text: string): void {
  sql.exec("DELETE FROM document WHERE name = ?", name);
  for (const [index, piece] of splitText(text).entries()) {
    sql.exec("INSERT INTO document VALUES (?, ?, ?)", name, index, piece);
  }
}
