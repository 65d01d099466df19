import type { Context } from "hono";
import { readConfig } from "../config.ts";
import type { AppEnv } from "../http/app-env.ts";
import { findPercentile } from "../metering/latency-buckets.ts";
import { toDollars } from "../metering/prices.ts";
import { toDate } from "../metering/spend-allowance.ts";
import { describeConfigured, describeKey } from "./describe-key.ts";
import { findDirectory } from "./find-directory.ts";

const days = 30;
/** Keys in one overview: what a page can show. `GET /admin/keys` has them all. */
const mostKeys = 1_000;

/**
 * `GET /admin/overview`: what a page needs to show who uses this Worker, in one call. All of it is from the directory's
 * totals, up to a minute old.
 */
export async function showOverview(context: Context<AppEnv>): Promise<Response> {
  const config = readConfig(context.env);
  const directory = findDirectory(context.env);
  const today = toDate(Date.now());
  const from = toDate(Date.now() - (days - 1) * 86_400_000);
  const [keys, used, usage, errors, latencies] = await Promise.all([
    directory.list({ limit: mostKeys, after: undefined }),
    directory.readUsed(today),
    directory.readUsage(from, today),
    directory.readErrors(from, today),
    directory.readLatencies(from, today),
  ]);
  const usedBy = new Map(used.map((row) => [row.owner, row]));
  const configured = config.auth === "none" ? ["anonymous"] : [...new Set(config.apiKeys.map(({ name }) => name))];
  return context.json({
    object: "overview",
    keys: [
      ...configured.map((name) => describeConfigured(name, { config, used: usedBy.get(name) })),
      ...keys.map((key) => describeKey(key, usedBy.get(key.id))),
    ],
    days: usage.map(({ date, model, owner, requests, failed_requests, input_tokens, output_tokens, cost }) => ({
      date,
      model,
      key_id: owner,
      requests,
      failed_requests,
      input_tokens,
      output_tokens,
      cost_usd: toDollars(cost),
    })),
    errors,
    latency: { p50_ms: findPercentile(latencies, 0.5), p95_ms: findPercentile(latencies, 0.95) },
  });
}
