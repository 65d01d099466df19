import type { Context, Next } from "hono";
import { type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readDayTokens } from "./count-usage.ts";

/**
 * Refuses a call of a key that has used up its day's tokens with 429 `budget_exceeded`. Without a budget it does
 * nothing; with one it asks the key's counter, unless this isolate has heard from it in the last ten seconds. A call is
 * let through by what finished calls used: the last ones of a day may go over the budget.
 */
export async function checkBudget(context: Context<AppEnv>, next: Next): Promise<void> {
  const key = context.get("keyName");
  const limit = findBudget(readConfig(context.env), key);
  const { USAGE: usage } = context.env;
  if (limit !== undefined && usage !== undefined) {
    const now = new Date();
    const date = now.toISOString().slice(0, 10);
    const used = await readDayTokens({ usage, key, date, limit }).catch((error: unknown) => {
      throw budgetUnknown(error);
    });
    if (used >= limit) throw budgetExceeded({ used, limit, now });
  }
  await next();
}

/** Tokens a key may use a day; undefined for no limit. */
export function findBudget({ budgets }: Config, key: string): number | undefined {
  return budgets.get(key) ?? budgets.get("");
}

/** The next 00:00 UTC. */
export function nextReset(now: Date): Date {
  return new Date(new Date(now).setUTCHours(24, 0, 0, 0));
}

function budgetExceeded({ used, limit, now }: { used: number; limit: number; now: Date }): ApiError {
  const reset = nextReset(now);
  return new ApiError({
    status: 429,
    type: "rate_limit_error",
    code: "budget_exceeded",
    message: `This key has used ${used} of its ${limit} tokens of today. They renew at ${reset.toISOString().slice(0, 19)}Z.`,
    headers: {
      "retry-after": String(Math.ceil((reset.getTime() - now.getTime()) / 1_000)),
      // OpenAI's SDKs would try again in seconds.
      "x-should-retry": "false",
    },
  });
}

/** Who set a budget wants it kept: a call that can't be checked is not made. */
function budgetUnknown(cause: unknown): ApiError {
  return new ApiError({
    status: 503,
    type: "server_error",
    code: "budget_unknown",
    message: "This key's use of today could not be read. Try again.",
    headers: { "retry-after": "1" },
    cause,
  });
}
