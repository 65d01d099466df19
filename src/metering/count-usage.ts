import type { CountedCall, UsageNamespace } from "./usage-rpc.ts";

interface DayTotal {
  date: string;
  tokens: number;
  /** When it was true, in Unix milliseconds. */
  readAt: number;
}

/** What this isolate has last heard of each key, by binding: a counter tells its total with each call it counts. */
const heard = new WeakMap<UsageNamespace, Map<string, DayTotal>>();

function remember({ usage, key, ...total }: { usage: UsageNamespace; key: string } & DayTotal): void {
  let totals = heard.get(usage);
  if (totals === undefined) {
    totals = new Map();
    heard.set(usage, totals);
  }
  const known = totals.get(key);
  // Answers may come in another order than they were given in; a day's total only grows.
  if (known?.date === total.date && known.tokens > total.tokens) total.tokens = known.tokens;
  totals.set(key, total);
}

/** Counts a call for the key of that name. */
export async function countUsage({
  usage,
  key,
  call,
}: {
  usage: UsageNamespace;
  key: string;
  call: CountedCall;
}): Promise<void> {
  const tokens = await usage.getByName(key).count(call);
  remember({ usage, key, date: call.date, tokens, readAt: Date.now() });
}

/** How old a total may be that a request is let through by, in milliseconds. */
const maxAgeMs = 10_000;

/**
 * Input and output tokens of a key on a day, for comparing with `limit`. What this isolate heard in the last ten
 * seconds will do, and forever what is over the limit already; else the counter is asked.
 */
export async function readDayTokens({
  usage,
  key,
  date,
  limit,
}: {
  usage: UsageNamespace;
  key: string;
  date: string;
  limit: number;
}): Promise<number> {
  const known = heard.get(usage)?.get(key);
  if (known?.date === date && (known.tokens >= limit || Date.now() - known.readAt < maxAgeMs)) return known.tokens;
  const tokens = await usage.getByName(key).readDay(date);
  remember({ usage, key, date, tokens, readAt: Date.now() });
  return tokens;
}
