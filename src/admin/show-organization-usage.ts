import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { toDollars } from "../metering/prices.ts";
import { toDate } from "../metering/spend-allowance.ts";
import type { OwnedUsageRow } from "../metering/usage-totals.ts";
import { findDirectory } from "./find-directory.ts";
import { readUsageQuery, type UsageQuery } from "./read-usage-query.ts";

/** Rows of one bucket that are counted together, with what they have in common. */
interface Group {
  keyId: string | null;
  model: string | null;
  rows: OwnedUsageRow[];
}

/** `GET /v1/organization/usage/completions`: OpenAI's shape, by day. Fields it has and this Worker has no such thing for are null. */
export async function showCompletionsUsage(context: Context<AppEnv>): Promise<Response> {
  const query = readUsageQuery(context, { groups: ["api_key_id", "model"], defaultLimit: 7, mostBuckets: 31 });
  return renderPage(context, query, ({ keyId, model, rows }) => ({
    object: "organization.usage.completions.result",
    input_tokens: sum(rows, "input_tokens"),
    output_tokens: sum(rows, "output_tokens"),
    input_cached_tokens: sum(rows, "cached_tokens"),
    input_audio_tokens: 0,
    output_audio_tokens: 0,
    num_model_requests: sum(rows, "requests"),
    project_id: null,
    user_id: null,
    api_key_id: keyId,
    model,
    batch: null,
    service_tier: null,
  }));
}

/**
 * `GET /v1/organization/costs`: OpenAI's shape, by day, in US dollars by the price table. `model` is a group of its own
 * here; OpenAI's clients know it as `line_item`.
 */
export async function showCosts(context: Context<AppEnv>): Promise<Response> {
  const groups = ["api_key_id", "model", "line_item"];
  const query = readUsageQuery(context, { groups, defaultLimit: 7, mostBuckets: 180 });
  return renderPage(context, query, ({ keyId, model, rows }) => ({
    object: "organization.costs.result",
    amount: { value: toDollars(sum(rows, "cost")), currency: "usd" },
    line_item: query.groupBy.has("line_item") ? model : null,
    project_id: null,
    api_key_id: keyId,
    ...(query.groupBy.has("model") && { model }),
  }));
}

async function renderPage(
  context: Context<AppEnv>,
  query: UsageQuery,
  describe: (group: Group) => object,
): Promise<Response> {
  const [first = 0] = query.days;
  const rows = await findDirectory(context.env).readUsage(renderDay(first), renderDay(query.days.at(-1) ?? first));
  const data = query.days.map((start) => ({
    object: "bucket",
    start_time: start,
    end_time: start + 86_400,
    results: groupRows(
      rows.filter(({ date }) => date === renderDay(start)),
      query,
    ).map(describe),
  }));
  return context.json({
    object: "page",
    data,
    has_more: query.nextPage !== undefined,
    next_page: query.nextPage ?? null,
  });
}

function groupRows(rows: readonly OwnedUsageRow[], { groupBy, keyIds, models }: UsageQuery): Group[] {
  const byModel = groupBy.has("model") || groupBy.has("line_item");
  const groups = new Map<string, Group>();
  for (const row of rows) {
    if (keyIds.size > 0 && !keyIds.has(row.owner)) continue;
    if (models.size > 0 && !models.has(row.model)) continue;
    const keyId = groupBy.has("api_key_id") ? row.owner : null;
    const model = byModel ? row.model : null;
    const label = JSON.stringify([keyId, model]);
    const group = groups.get(label) ?? { keyId, model, rows: [] };
    group.rows.push(row);
    groups.set(label, group);
  }
  return [...groups.values()];
}

function sum(rows: readonly OwnedUsageRow[], field: Exclude<keyof OwnedUsageRow, "owner" | "date" | "model">): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

function renderDay(start: number): string {
  return toDate(start * 1_000);
}
