import { DurableObject } from "cloudflare:workers";
import type { CountedCall, UsageRow, UsageRpc } from "../metering/usage-rpc.ts";

/** Days a count is kept: what `GET /v1/usage` can ask for, and some more. */
const keptDays = 400;

/** What one key has used: a row for each day and model. Its name is the key's name. */
export class UsageCounter extends DurableObject implements UsageRpc {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    context.storage.sql.exec(`CREATE TABLE IF NOT EXISTS usage (
      date TEXT NOT NULL,
      model TEXT NOT NULL,
      requests INTEGER NOT NULL,
      failed_requests INTEGER NOT NULL,
      unreported_requests INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      cached_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL,
      cost INTEGER NOT NULL,
      unpriced_requests INTEGER NOT NULL,
      PRIMARY KEY (date, model)
    ) WITHOUT ROWID`);
  }

  async count({ date, model, succeeded, tokens, cost }: CountedCall): Promise<number> {
    const { sql } = this.ctx.storage;
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
    const oldest = new Date(Date.parse(date) - keptDays * 86_400_000).toISOString().slice(0, 10);
    sql.exec("DELETE FROM usage WHERE date < ?", oldest);
    return this.readDay(date);
  }

  async readDay(date: string): Promise<number> {
    const query = "SELECT coalesce(sum(input_tokens + output_tokens), 0) AS tokens FROM usage WHERE date = ?";
    return this.ctx.storage.sql.exec<{ tokens: number }>(query, date).one().tokens;
  }

  async readRange(from: string, to: string): Promise<UsageRow[]> {
    const query = "SELECT * FROM usage WHERE date BETWEEN ? AND ? ORDER BY date, model";
    return this.ctx.storage.sql.exec<UsageRow & Record<string, SqlStorageValue>>(query, from, to).toArray();
  }
}
