import { DurableObject } from "cloudflare:workers";
import type { KeyListRpc, KeySettings, ListedKey, ManagedKeyRecord } from "../access/key-rpc.ts";
import { addToolColumns } from "../metering/counter-tables.ts";
import type { DayTotals, OwnedUsageRow, Used, UsageTotalsRpc } from "../metering/usage-totals.ts";
import { migrate } from "./migrate.ts";

/** Days that totals are kept: what the usage routes can be asked for, and some more. */
const keptDays = 400;

/**
 *   key              every managed key there ever was; only one that is not revoked keeps its name to itself
 *   usage            totals by owner, day and model, as the counters pushed them
 *   error, latency   the same of failures, and of the time to the first byte
 */
const steps: readonly string[] = [
  `CREATE TABLE key (
     id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, settings TEXT NOT NULL,
     created_at INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
   );
   CREATE UNIQUE INDEX key_name ON key (name) WHERE revoked = 0;
   CREATE TABLE usage (
     owner TEXT NOT NULL, date TEXT NOT NULL, model TEXT NOT NULL,
     requests INTEGER NOT NULL, failed_requests INTEGER NOT NULL, unreported_requests INTEGER NOT NULL,
     input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
     reasoning_tokens INTEGER NOT NULL, cost INTEGER NOT NULL, unpriced_requests INTEGER NOT NULL,
     PRIMARY KEY (date, owner, model)
   ) WITHOUT ROWID;
   CREATE TABLE error (
     owner TEXT NOT NULL, date TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (date, owner, code)
   ) WITHOUT ROWID;
   CREATE TABLE latency (
     owner TEXT NOT NULL, date TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (date, owner, bucket)
   ) WITHOUT ROWID;`,
  addToolColumns,
];

const usageColumns = `date, model, requests, failed_requests, unreported_requests, input_tokens, cached_tokens,
  output_tokens, reasoning_tokens, cost, unpriced_requests, searches, pages, mcp_calls, images`;

/**
 * The Durable Object behind the binding KEY_DIRECTORY, one for the whole Worker: which managed keys there are, and what
 * every key has used. Requests of clients never ask it; counters push their totals to it within a minute.
 */
export class KeyDirectory extends DurableObject implements KeyListRpc, UsageTotalsRpc {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    migrate(context.storage, steps);
  }

  async add({ createdAt, ...key }: ListedKey, hash: string): Promise<boolean> {
    if (this.#isTaken(key)) return false;
    this.ctx.storage.sql.exec(
      "INSERT INTO key (id, name, hash, settings, created_at) VALUES (?, ?, ?, ?, ?)",
      key.id,
      key.name,
      hash,
      renderSettings(key),
      createdAt,
    );
    return true;
  }

  async change(key: ManagedKeyRecord): Promise<boolean> {
    if (this.#isTaken(key)) return false;
    const query = "UPDATE key SET name = ?, settings = ? WHERE id = ? AND revoked = 0";
    this.ctx.storage.sql.exec(query, key.name, renderSettings(key), key.id);
    return true;
  }

  async find(id: string): Promise<{ key: ListedKey; hash: string } | undefined> {
    const query = "SELECT * FROM key WHERE id = ? AND revoked = 0";
    const [row] = this.ctx.storage.sql.exec<KeyRow>(query, id).toArray();
    return row === undefined ? undefined : { key: readRow(row), hash: row.hash };
  }

  async list({ limit, after }: { limit: number; after: string | undefined }): Promise<ListedKey[]> {
    // Many keys can be made in one second: the row's number is their order.
    const query = `SELECT * FROM key WHERE revoked = 0 AND rowid > coalesce((SELECT rowid FROM key WHERE id = ?), 0)
      ORDER BY rowid LIMIT ?`;
    return this.ctx.storage.sql
      .exec<KeyRow>(query, after ?? "", limit)
      .toArray()
      .map(readRow);
  }

  async replaceHash(id: string, { from, to }: { from: string; to: string }): Promise<boolean> {
    const query = "UPDATE key SET hash = ? WHERE id = ? AND hash = ? AND revoked = 0";
    return this.ctx.storage.sql.exec(query, to, id, from).rowsWritten > 0;
  }

  async remove(id: string, hash: string): Promise<boolean> {
    const query = "UPDATE key SET revoked = 1 WHERE id = ? AND hash = ? AND revoked = 0";
    return this.ctx.storage.sql.exec(query, id, hash).rowsWritten > 0;
  }

  async push(owner: string, days: DayTotals[]): Promise<void> {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      for (const { date, usage, errors, latencies } of days) {
        for (const row of usage) {
          const counts = [row.requests, row.failed_requests, row.unreported_requests, row.input_tokens];
          const more = [row.cached_tokens, row.output_tokens, row.reasoning_tokens, row.cost, row.unpriced_requests];
          const tools = [row.searches, row.pages, row.mcp_calls, row.images];
          const query = `INSERT OR REPLACE INTO usage (owner, ${usageColumns})
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
          sql.exec(query, owner, date, row.model, ...counts, ...more, ...tools);
        }
        for (const { code, count } of errors) {
          sql.exec("INSERT OR REPLACE INTO error VALUES (?, ?, ?, ?)", owner, date, code, count);
        }
        for (const { bucket, count } of latencies) {
          sql.exec("INSERT OR REPLACE INTO latency VALUES (?, ?, ?, ?)", owner, date, bucket, count);
        }
      }
      const oldest = new Date(Date.now() - keptDays * 86_400_000).toISOString().slice(0, 10);
      for (const table of ["usage", "error", "latency"]) sql.exec(`DELETE FROM ${table} WHERE date < ?`, oldest);
    });
  }

  async readUsage(from: string, to: string): Promise<OwnedUsageRow[]> {
    const query = `SELECT owner, ${usageColumns} FROM usage WHERE date BETWEEN ? AND ? ORDER BY date, owner, model`;
    return this.ctx.storage.sql.exec<OwnedUsageRow & Record<string, SqlStorageValue>>(query, from, to).toArray();
  }

  async readUsed(date: string): Promise<(Used & { owner: string })[]> {
    const query = `SELECT owner, ?1 AS date,
        sum(iif(date = ?1, input_tokens + output_tokens, 0)) AS dayTokens, sum(iif(date = ?1, cost, 0)) AS dayCost,
        sum(input_tokens + output_tokens) AS monthTokens, sum(cost) AS monthCost
      FROM usage WHERE date BETWEEN ?2 AND ?1 GROUP BY owner ORDER BY owner`;
    const first = `${date.slice(0, 7)}-01`;
    return this.ctx.storage.sql
      .exec<Used & { owner: string } & Record<string, SqlStorageValue>>(query, date, first)
      .toArray();
  }

  async readErrors(from: string, to: string): Promise<{ code: string; count: number }[]> {
    const query = `SELECT code, sum(count) AS count FROM error WHERE date BETWEEN ? AND ?
      GROUP BY code ORDER BY count DESC, code`;
    return this.ctx.storage.sql.exec<{ code: string; count: number }>(query, from, to).toArray();
  }

  async readLatencies(from: string, to: string): Promise<{ bucket: number; count: number }[]> {
    const query = "SELECT bucket, sum(count) AS count FROM latency WHERE date BETWEEN ? AND ? GROUP BY bucket";
    return this.ctx.storage.sql.exec<{ bucket: number; count: number }>(query, from, to).toArray();
  }

  #isTaken({ id, name }: ManagedKeyRecord): boolean {
    const query = "SELECT 1 FROM key WHERE name = ? AND id <> ? AND revoked = 0";
    return this.ctx.storage.sql.exec(query, name, id).toArray().length > 0;
  }
}

interface KeyRow extends Record<string, SqlStorageValue> {
  id: string;
  name: string;
  hash: string;
  settings: string;
  created_at: number;
}

/** What is not searched for goes into one column. */
function renderSettings({ expiresAt, models, limits }: KeySettings): string {
  return JSON.stringify({ expiresAt, models, limits });
}

function readRow({ id, name, settings, created_at: createdAt }: KeyRow): ListedKey {
  const { expiresAt, models, limits }: Omit<KeySettings, "name"> = JSON.parse(settings);
  return { id, name, createdAt, expiresAt, models, limits };
}
