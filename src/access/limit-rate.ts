import type { Context, Next } from "hono";
import type { Bindings } from "../bindings.ts";
import type { Caller } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { setHeaders } from "../http/set-headers.ts";
import { type Counter, findCounter, takeRequest } from "../metering/spend-allowance.ts";

/**
 * The binding tells neither its period nor the time left. Its period is 10 or 60 seconds
 * (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit), so 60 is always enough.
 */
const bindingPeriod = 60;

/** What a key with a limit has left of its minute. */
export interface MinuteLeft {
  limit: number;
  remaining: number;
  /** Seconds until the minute is over. */
  resetSeconds: number;
}

/** Counts each call of a key; over its limit: 429. */
export async function limitRate(context: Context<AppEnv>, next: Next): Promise<void> {
  const minuteLeft = await spendRequest(context.env, context.get("caller"));
  await next();
  if (minuteLeft !== undefined) setHeaders(context.res.headers, renderRateHeaders(minuteLeft));
}

/**
 * Takes a request from the key's own limit, or from the `RATE_LIMITER` binding's for a key without one.
 * Throws 429 when there is none left, 503 when that can't be found out.
 */
export async function spendRequest(bindings: Bindings, caller: Caller): Promise<MinuteLeft | undefined> {
  const limit = caller.limits.requests_per_minute;
  if (limit !== null) return spendOwn(findCounter(bindings, caller.owner), limit);
  const answer = await bindings.RATE_LIMITER?.limit({ key: caller.owner });
  if (answer?.success === false) throw rateLimited(bindingPeriod);
  return undefined;
}

async function spendOwn(counter: Counter, limit: number): Promise<MinuteLeft> {
  const now = Date.now();
  const resetSeconds = Math.ceil((60_000 - (now % 60_000)) / 1_000);
  const { isAllowed, remaining } = await takeRequest(counter, { requestsPerMinute: limit, now }).catch(rateUnknown);
  const minuteLeft = { limit, remaining, resetSeconds };
  if (!isAllowed) throw rateLimited(resetSeconds, renderRateHeaders(minuteLeft));
  return minuteLeft;
}

/** OpenAI's names. A time is written as theirs: `12s`. */
function renderRateHeaders({ limit, remaining, resetSeconds }: MinuteLeft): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": String(limit),
    "x-ratelimit-remaining-requests": String(remaining),
    "x-ratelimit-reset-requests": `${resetSeconds}s`,
  };
}

function rateLimited(seconds: number, headers: Record<string, string> = {}): ApiError {
  return new ApiError({
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: `This key has sent too many requests. Try again in ${seconds} seconds.`,
    headers: { "retry-after": String(seconds), ...headers },
  });
}

function rateUnknown(cause: unknown): never {
  throw new ApiError({
    status: 503,
    type: "server_error",
    code: "rate_unknown",
    message: "The rate limit of this key could not be checked. Try again.",
    headers: { "retry-after": "1" },
    cause,
  });
}
