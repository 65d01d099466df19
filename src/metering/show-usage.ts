import type { Context } from "hono";
import * as z from "zod/mini";
import { type ApiError, invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { validate } from "../http/validate.ts";
import { rule } from "../protocol/schema-rules.ts";
import { type Budget, listBudgets } from "./find-spent.ts";
import { toDollars } from "./prices.ts";
import { toDate } from "./spend-allowance.ts";
import type { UsageRow } from "./usage-rpc.ts";

/** `GET /v1/usage?from=2026-11-01&to=2026-11-23`: what the caller's own key used, by UTC day and model, both included. */
export async function showUsage(context: Context<AppEnv>): Promise<Response> {
  const { USAGE: usage } = context.env;
  if (usage === undefined) {
    throw invalidRequest({
      code: "usage_not_counted",
      message:
        "This Worker counts no usage. Its operator binds the Durable Object class UsageCounter as USAGE in wrangler.toml.",
    });
  }
  const now = new Date();
  const { from, to } = readRange(context.req.query(), now);
  const { owner, name, limits } = context.get("caller");
  const counter = usage.getByName(owner);
  const [rows, { used }] = await Promise.all([
    counter.readRange(from, to),
    counter.grant({ date: toDate(now.getTime()), minute: 0, requestsPerMinute: undefined, wanted: 0 }),
  ]);
  const budgets = listBudgets(limits, used, now);
  return context.json({
    object: "usage",
    key: name,
    from,
    to,
    data: rows.map(({ date, model, ...counts }) => ({ date, model, ...describe(counts) })),
    total: describe(addUp(rows)),
    budget: describeDailyTokens(budgets),
    budgets: budgets.map(describeBudget),
  });
}

/** The budget that there was before there were others. */
function describeDailyTokens(budgets: readonly Budget[]) {
  const daily = budgets.find(({ unit, period }) => unit === "tokens" && period === "day");
  if (daily === undefined) return null;
  return {
    daily_tokens: daily.limit,
    used_tokens: daily.used,
    remaining_tokens: Math.max(daily.limit - daily.used, 0),
    resets_at: toSeconds(daily.resetsAt),
  };
}

function describeBudget({ unit, period, limit, used, resetsAt }: Budget) {
  return { unit, period, limit, used, remaining: Math.max(limit - used, 0), resets_at: toSeconds(resetsAt) };
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}

const dayMs = 86_400_000;
const maxDays = 366;
const defaultDays = 30;

/** A UTC day. Years of four digits only, and only days there are: `2026-02-30` would be read as 2 March. */
const Day = (name: string) =>
  z.optional(
    z
      .string()
      .check(
        rule((text) =>
          /^\d{4}-\d{2}-\d{2}$/.test(text) && formatDate(Date.parse(text)) === text
            ? undefined
            : { code: "invalid_value", message: `\`${name}\` must be a day such as 2026-11-23 (UTC).` },
        ),
      ),
  );

const Query = z.object({ from: Day("from"), to: Day("to") });

function readRange(query: Record<string, string>, now: Date): { from: string; to: string } {
  const { from, to = formatDate(now.getTime()) } = validate(Query, query);
  const end = Date.parse(to);
  const start = from === undefined ? end - (defaultDays - 1) * dayMs : Date.parse(from);
  if (start > end) throw wrongRange("`from` must not be after `to`.");
  if ((end - start) / dayMs >= maxDays) throw wrongRange(`Ask for ${maxDays} days at most.`);
  return { from: formatDate(start), to };
}

/** The UTC day of a time in Unix milliseconds, `""` for a time that there is not. */
function formatDate(time: number): string {
  return Number.isNaN(time) ? "" : new Date(time).toISOString().slice(0, 10);
}

function wrongRange(message: string): ApiError {
  return invalidRequest({ code: "invalid_value", param: "from", message });
}

type Counts = Omit<UsageRow, "date" | "model">;

function addUp(rows: readonly UsageRow[]): Counts {
  const sum = (field: keyof Counts): number => rows.reduce((total, row) => total + row[field], 0);
  return {
    requests: sum("requests"),
    failed_requests: sum("failed_requests"),
    unreported_requests: sum("unreported_requests"),
    input_tokens: sum("input_tokens"),
    cached_tokens: sum("cached_tokens"),
    output_tokens: sum("output_tokens"),
    reasoning_tokens: sum("reasoning_tokens"),
    cost: sum("cost"),
    unpriced_requests: sum("unpriced_requests"),
  };
}

function describe({ cost, unpriced_requests, ...counts }: Counts) {
  return {
    ...counts,
    total_tokens: counts.input_tokens + counts.output_tokens,
    cost_usd: toDollars(cost),
    unpriced_requests,
  };
}
