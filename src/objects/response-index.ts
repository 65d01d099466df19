import { DurableObject } from "cloudflare:workers";
import type { ResponseIndexRpc } from "../state/open-index.ts";
import type { Place } from "../state/place.ts";
import { schemaMismatch } from "../state/schema-mismatch.ts";
import { roundAlarm } from "./threads/round-alarm.ts";

/** Changes with the tables. */
const indexSchema = 1;

/**
 *   response_index   one row: when the alarm rings
 *   pointer          where the response with an id is
 */
const indexTables = `
  CREATE TABLE response_index (schema INTEGER NOT NULL, wakes_at INTEGER);
  CREATE TABLE pointer (
    id TEXT PRIMARY KEY, thread TEXT NOT NULL, turn INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX pointer_expiry ON pointer (expires_at);
  INSERT INTO response_index VALUES (${indexSchema}, NULL);`;

/** Pointers that one alarm deletes: the rest waits for the next, so that requests are served in between. */
const pointersAtOnce = 2_000;

/**
 * The Durable Object behind the binding RESPONSE_INDEX: where the responses with upstream's ids (native mode) are,
 * since such an id does not name its thread. Each owner has an index of its own, in parts by the id: see
 * `state/open-index.ts`.
 */
export class ResponseIndex extends DurableObject implements ResponseIndexRpc {
  #index: { wakesAt: number | undefined } | undefined;

  async add(id: string, { thread, turn, expiresAt }: Place & { expiresAt: number }): Promise<boolean> {
    const { storage } = this.ctx;
    const { sql } = storage;
    const index = this.#read();
    const wakesAt = roundAlarm(expiresAt);
    const isEarlier = index?.wakesAt === undefined || wakesAt < index.wakesAt;
    if (index === undefined) sql.exec(indexTables);
    const { rowsWritten } = sql.exec(
      `INSERT INTO pointer VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO
         UPDATE SET thread = ?2, turn = ?3, expires_at = ?4 WHERE expires_at <= ?5`,
      id,
      thread,
      turn,
      expiresAt,
      Date.now(),
    );
    if (isEarlier) sql.exec("UPDATE response_index SET wakes_at = ?", wakesAt);
    this.#index = { wakesAt: isEarlier ? wakesAt : index.wakesAt };
    // In the same turn of the event loop as the write: either both happen or neither.
    if (isEarlier) await storage.setAlarm(wakesAt);
    return rowsWritten > 0;
  }

  async find(id: string): Promise<Place | undefined> {
    if (this.#read() === undefined) return undefined;
    return this.ctx.storage.sql
      .exec<{ thread: string; turn: number }>(
        "SELECT thread, turn FROM pointer WHERE id = ? AND expires_at > ?",
        id,
        Date.now(),
      )
      .toArray()[0];
  }

  async remove(id: string): Promise<void> {
    if (this.#read() !== undefined) this.ctx.storage.sql.exec("DELETE FROM pointer WHERE id = ?", id);
  }

  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const { sql } = storage;
    if (this.#read() === undefined) return;
    const now = Date.now();
    sql.exec(
      "DELETE FROM pointer WHERE id IN (SELECT id FROM pointer WHERE expires_at <= ? LIMIT ?)",
      now,
      pointersAtOnce,
    );
    const { next } = sql.exec<{ next: number | null }>("SELECT min(expires_at) AS next FROM pointer").one();
    if (next === null) {
      this.#index = undefined;
      await storage.deleteAll();
      return;
    }
    const wakesAt = roundAlarm(next);
    sql.exec("UPDATE response_index SET wakes_at = ?", wakesAt);
    this.#index = { wakesAt };
    await storage.setAlarm(wakesAt);
  }

  #read(): { wakesAt: number | undefined } | undefined {
    this.#index ??= readIndex(this.ctx.storage.sql);
    return this.#index;
  }
}

function readIndex(sql: SqlStorage): { wakesAt: number | undefined } | undefined {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'response_index'").toArray().length === 0) return undefined;
  const { schema, wakes_at } = sql
    .exec<{ schema: number; wakes_at: number | null }>("SELECT schema, wakes_at FROM response_index")
    .one();
  if (schema !== indexSchema) throw schemaMismatch({ stored: schema, known: indexSchema });
  return { wakesAt: wakes_at ?? undefined };
}
