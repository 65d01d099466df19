import type { KeyLimits } from "../call.ts";
import { toDollars } from "./prices.ts";
import type { Used } from "./usage-totals.ts";

/** One budget of a key, with what has been used of it. */
export interface Budget {
  unit: "tokens" | "usd";
  period: "day" | "month";
  limit: number;
  used: number;
  /** When it renews. */
  resetsAt: Date;
}

/** The budgets a key has, as they stand. Days and months are those of UTC. */
export function listBudgets(limits: KeyLimits, used: Used, now: Date): Budget[] {
  const day = { period: "day", resetsAt: new Date(new Date(now).setUTCHours(24, 0, 0, 0)) } as const;
  const month = { period: "month", resetsAt: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)) } as const;
  const tokens = { unit: "tokens" } as const;
  const usd = { unit: "usd" } as const;
  const all = [
    { ...month, ...usd, limit: limits.monthly_usd, used: toDollars(used.monthCost) },
    { ...month, ...tokens, limit: limits.monthly_tokens, used: used.monthTokens },
    { ...day, ...usd, limit: limits.daily_usd, used: toDollars(used.dayCost) },
    { ...day, ...tokens, limit: limits.daily_tokens, used: used.dayTokens },
  ];
  return all.flatMap(({ limit, ...budget }) => (limit === null ? [] : [{ ...budget, limit }]));
}

/** The budget that is spent and renews last: until then nothing helps. Undefined when none is spent. */
export function findSpent(budgets: readonly Budget[]): Budget | undefined {
  // Months come first, and the last day of a month ends with it.
  return budgets.find(({ used, limit }) => used >= limit);
}
