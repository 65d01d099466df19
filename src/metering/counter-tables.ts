import { findBucket } from "./latency-buckets.ts";
import type { AllowanceRequest, CountedCall, UsageRow } from "./usage-rpc.ts";
import type { DayTotals, Used } from "./usage-totals.ts";

/**
 * What brings a counter's tables from one version to the next. Released steps never change; a new one goes to the end.
 *
 *   usage            calls by day and model
 *   error, latency   failures by day and code, times to the first byte by day and bucket
 *   unpushed         days that have changed since the directory was told of them, each with the number of its changes
 *   minute           one row: the minute of the last grant, and the requests given away in it
 */
export const counterSteps: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS usage (
     date TEXT NOT NULL, model TEXT NOT NULL,
     requests INTEGER NOT NULL, failed_requests INTEGER NOT NULL, unreported_requests INTEGER NOT NULL,
     input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
     reasoning_tokens INTEGER NOT NULL, cost INTEGER NOT NULL, unpriced_requests INTEGER NOT NULL,
     PRIMARY KEY (date, model)
   ) WITHOUT ROWID`,
  `CREATE TABLE error (
     date TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (date, code)
   ) WITHOUT ROWID;
   CREATE TABLE latency (
     date TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (date, bucket)
   ) WITHOUT ROWID;
   CREATE TABLE unpushed (date TEXT NOT NULL PRIMARY KEY, changes INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE owner (name TEXT NOT NULL);
   CREATE TABLE minute (minute INTEGER NOT NULL, granted INTEGER NOT NULL)`,
];

export function countCall(sql: SqlStorage, { date, model, succeeded, tokens, cost, ttfbMs }: CountedCall): void {
  sql.exec(
    `INSERT INTO usage VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (date, model) DO UPDATE SET
      requests = requests + 1,
      failed_requests = failed_requests + excluded.failed_requests,
      unreported_requests = unreported_requests + excluded.unreported_requests,
      input_tokens = input_tokens + excluded.input_tokens,
      cached_tokens = cached_tokens + excluded.cached_tokens,
      output_tokens = output_tokens + excluded.output_tokens,
      reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
      cost = cost + excluded.cost,
      unpriced_requests = unpriced_requests + excluded.unpriced_requests`,
    date,
    model,
    succeeded ? 0 : 1,
    tokens === undefined ? 1 : 0,
    tokens?.input ?? 0,
    tokens?.cached ?? 0,
    tokens?.output ?? 0,
    tokens?.reasoning ?? 0,
    cost ?? 0,
    tokens !== undefined && cost === undefined ? 1 : 0,
  );
  if (ttfbMs !== undefined) {
    const query = "INSERT INTO latency VALUES (?, ?, 1) ON CONFLICT (date, bucket) DO UPDATE SET count = count + 1";
    sql.exec(query, date, findBucket(ttfbMs));
  }
}

export function countErrors(sql: SqlStorage, date: string, errors: Readonly<Record<string, number>>): void {
  for (const [code, count] of Object.entries(errors)) {
    const query = `INSERT INTO error VALUES (?, ?, ?)
      ON CONFLICT (date, code) DO UPDATE SET count = count + excluded.count`;
    sql.exec(query, date, code, count);
  }
}

export function deleteBefore(sql: SqlStorage, date: string): void {
  for (const table of ["usage", "error", "latency", "unpushed"]) sql.exec(`DELETE FROM ${table} WHERE date < ?`, date);
}

export function readUsed(sql: SqlStorage, date: string): Used {
  return sql
    .exec<Used & Record<string, SqlStorageValue>>(
      `SELECT ?1 AS date,
        coalesce(sum(iif(date = ?1, input_tokens + output_tokens, 0)), 0) AS dayTokens,
        coalesce(sum(iif(date = ?1, cost, 0)), 0) AS dayCost,
        coalesce(sum(input_tokens + output_tokens), 0) AS monthTokens,
        coalesce(sum(cost), 0) AS monthCost
      FROM usage WHERE date BETWEEN ?2 AND ?1`,
      date,
      `${date.slice(0, 7)}-01`,
    )
    .one();
}

export function readUsage(sql: SqlStorage, from: string, to: string): UsageRow[] {
  const query = "SELECT * FROM usage WHERE date BETWEEN ? AND ? ORDER BY date, model";
  return sql.exec<UsageRow & Record<string, SqlStorageValue>>(query, from, to).toArray();
}

/** Gives away what is left of a minute's requests, at most what is wanted. A grant that is not used is not given back. */
export function grantRequests(
  sql: SqlStorage,
  { minute, requestsPerMinute, wanted }: AllowanceRequest,
): { granted: number; remaining: number } {
  if (requestsPerMinute === undefined) return { granted: 0, remaining: 0 };
  const [last] = sql.exec<{ minute: number; granted: number }>("SELECT * FROM minute").toArray();
  // Clocks differ a little: a request of the minute before counts in the one that has begun.
  const current = Math.max(minute, last?.minute ?? 0);
  const before = last?.minute === current ? last.granted : 0;
  const granted = Math.max(Math.min(wanted, requestsPerMinute - before), 0);
  if (granted > 0) {
    sql.exec("DELETE FROM minute");
    sql.exec("INSERT INTO minute VALUES (?, ?)", current, before + granted);
  }
  return { granted, remaining: Math.max(requestsPerMinute - before - granted, 0) };
}

/** Notes that a day has changed. Returns whether the directory knew all until now, so that nobody is set to tell it. */
export function markUnpushed(sql: SqlStorage, { owner, date }: { owner: string; date: string }): boolean {
  const isFirst = sql.exec("SELECT 1 FROM unpushed LIMIT 1").toArray().length === 0;
  const query = "INSERT INTO unpushed VALUES (?, 1) ON CONFLICT (date) DO UPDATE SET changes = changes + 1";
  sql.exec(query, date);
  if (sql.exec("SELECT 1 FROM owner").toArray().length === 0) sql.exec("INSERT INTO owner VALUES (?)", owner);
  return isFirst;
}

/** What the directory has not been told yet, whole days at a time; undefined when there is nothing. */
export function readUnpushed(
  sql: SqlStorage,
): { owner: string; days: DayTotals[]; changes: ReadonlyMap<string, number> } | undefined {
  const rows = sql.exec<{ date: string; changes: number }>("SELECT * FROM unpushed ORDER BY date").toArray();
  const [owner] = sql.exec<{ name: string }>("SELECT name FROM owner").toArray();
  if (rows.length === 0 || owner === undefined) return undefined;
  const days = rows.map(({ date }) => ({
    date,
    usage: readUsage(sql, date, date),
    errors: sql.exec<{ code: string; count: number }>("SELECT code, count FROM error WHERE date = ?", date).toArray(),
    latencies: sql
      .exec<{ bucket: number; count: number }>("SELECT bucket, count FROM latency WHERE date = ?", date)
      .toArray(),
  }));
  return { owner: owner.name, days, changes: new Map(rows.map(({ date, changes }) => [date, changes])) };
}

/** Forgets the days that the directory was told of, but for those that have changed since. Returns whether any has. */
export function markPushed(sql: SqlStorage, changes: ReadonlyMap<string, number>): boolean {
  for (const [date, count] of changes) {
    sql.exec("DELETE FROM unpushed WHERE date = ? AND changes = ?", date, count);
  }
  return sql.exec("SELECT 1 FROM unpushed LIMIT 1").toArray().length > 0;
}
