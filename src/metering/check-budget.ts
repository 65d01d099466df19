import type { Context, Next } from "hono";
import type { Bindings } from "../bindings.ts";
import type { Call, Caller } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { setHeaders } from "../http/set-headers.ts";
import type { Tokens } from "../protocol/tokens.ts";
import { type Budget, findSpent, listBudgets } from "./find-spent.ts";
import { costOfCall, toDollars } from "./prices.ts";
import { findCounter, readUsed } from "./spend-allowance.ts";
import { computeToolCost } from "./tool-prices.ts";
import type { Used } from "./usage-totals.ts";

/** Refuses a call of a key that has used up a budget with 429 `budget_exceeded`. */
export async function checkBudget(context: Context<AppEnv>, next: Next): Promise<void> {
  const budgets = await checkBudgets(context.env, context.get("caller"));
  await next();
  setHeaders(context.res.headers, renderTokenHeaders(budgets, new Date()));
}

/**
 * The budgets of a key, none of them spent. A key without any costs nothing; any other asks its counter, unless this
 * isolate has heard from it in the last thirty seconds, and it hears with each call that it counts. A call is let through
 * by what finished calls used: those that run at the same time may go over the budget together.
 * Throws 429 when one is spent, 503 when that can't be found out.
 */
export async function checkBudgets(bindings: Bindings, caller: Pick<Caller, "owner" | "limits">): Promise<Budget[]> {
  const now = new Date();
  const budgets = await readBudgets(bindings, caller, now);
  const spent = findSpent(budgets);
  if (spent !== undefined) throw budgetExceeded(spent, now);
  return budgets;
}

async function readBudgets(
  bindings: Bindings,
  { owner, limits }: Pick<Caller, "owner" | "limits">,
  now: Date,
): Promise<Budget[]> {
  const { daily_tokens, monthly_tokens, daily_usd, monthly_usd } = limits;
  if ([daily_tokens, monthly_tokens, daily_usd, monthly_usd].every((limit) => limit === null)) return [];
  const isSpent = (used: Used): boolean => findSpent(listBudgets(limits, used, now)) !== undefined;
  const counter = findCounter(bindings, owner);
  return listBudgets(limits, await readUsed(counter, { now: now.getTime(), isSpent }).catch(budgetUnknown), now);
}

/**
 * Whether the key of a call may use more after these tokens and what tools did, of which no counter knows yet: for a
 * Response of several calls of the model. Throws 503 when that can't be found out.
 */
export async function hasBudgetLeft(
  { bindings, config, keyName: owner, limits, record }: Omit<Call, "requestId" | "signal">,
  tokens: Tokens,
): Promise<boolean> {
  const cost = (costOfCall(record, { tokens, overrides: config.prices }) ?? 0) + computeToolCost(record.tools, config);
  const unknown = { tokens: tokens.input + tokens.output, usd: toDollars(cost) };
  const budgets = await readBudgets(bindings, { owner, limits }, new Date());
  return budgets.every(({ unit, used, limit }) => used + unknown[unit] < limit);
}

/**
 * OpenAI's names, for the budget in tokens that renews first: `x-ratelimit-remaining-tokens`, with the time as theirs,
 * `5h3m7s`. None for a key without such a budget.
 */
function renderTokenHeaders(budgets: readonly Budget[], now: Date): Record<string, string> {
  const budget = budgets.findLast(({ unit }) => unit === "tokens");
  if (budget === undefined) return {};
  const seconds = secondsUntil(budget, now);
  const parts = [
    [Math.floor(seconds / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const;
  const shown = parts.slice(
    Math.max(
      parts.findIndex(([count]) => count > 0),
      0,
    ),
  );
  return {
    "x-ratelimit-limit-tokens": String(budget.limit),
    "x-ratelimit-remaining-tokens": String(Math.max(budget.limit - budget.used, 0)),
    "x-ratelimit-reset-tokens": shown.map(([count, unit]) => `${count}${unit}`).join(""),
  };
}

function secondsUntil({ resetsAt }: Budget, now: Date): number {
  return Math.ceil((resetsAt.getTime() - now.getTime()) / 1_000);
}

function budgetExceeded(budget: Budget, now: Date): ApiError {
  const { unit, period, limit, used, resetsAt } = budget;
  const amount = unit === "tokens" ? `${used} of its ${limit} tokens` : `${used} of its ${limit} US dollars`;
  const span = period === "day" ? "today" : "this month";
  return new ApiError({
    status: 429,
    type: "rate_limit_error",
    code: "budget_exceeded",
    message: `This key has used ${amount} for ${span}. The budget renews at ${resetsAt.toISOString().slice(0, 19)}Z.`,
    headers: {
      "retry-after": String(secondsUntil(budget, now)),
      // OpenAI's SDKs would try again in seconds.
      "x-should-retry": "false",
    },
  });
}

/** Who set a budget wants it kept: a call that can't be checked is not made. */
function budgetUnknown(cause: unknown): never {
  throw new ApiError({
    status: 503,
    type: "server_error",
    code: "budget_unknown",
    message: "The budget of this key could not be checked. Try again.",
    headers: { "retry-after": "1" },
    cause,
  });
}
