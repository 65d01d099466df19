import { callerOf } from "../access/check-key.ts";
import type { ListedKey } from "../access/key-rpc.ts";
import type { KeyLimits } from "../call.ts";
import type { Config } from "../config.ts";
import { toDollars } from "../metering/prices.ts";
import type { Used } from "../metering/usage-totals.ts";

/** A managed key as the admin sees it, with what it has used. The key itself is never in it. */
export function describeKey({ id, name, createdAt, expiresAt, models, limits }: ListedKey, used: Used | undefined) {
  return {
    id,
    name,
    created_at: createdAt,
    expires_at: expiresAt,
    models,
    ...describeLimits(limits),
    used: describeUsed(used),
    source: "managed",
  };
}

/** A key of API_KEYS the same way: it has no id but its name, and no limit but DAILY_TOKEN_BUDGET. */
export function describeConfigured(name: string, { config, used }: { config: Config; used: Used | undefined }) {
  const { limits } = callerOf(name, config);
  return {
    id: name,
    name,
    created_at: null,
    expires_at: null,
    models: null,
    ...describeLimits(limits),
    used: describeUsed(used),
    source: "configured",
  };
}

function describeLimits({ requests_per_minute, ...budget }: KeyLimits) {
  return { requests_per_minute, budget };
}

function describeUsed(used: Used | undefined) {
  return {
    today_tokens: used?.dayTokens ?? 0,
    month_tokens: used?.monthTokens ?? 0,
    today_usd: toDollars(used?.dayCost ?? 0),
    month_usd: toDollars(used?.monthCost ?? 0),
  };
}
