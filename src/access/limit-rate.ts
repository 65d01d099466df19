import type { Context, Next } from "hono";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";

/**
 * The binding tells neither its period nor the time left. Its period is 10 or 60 seconds
 * (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit), so 60 is always enough.
 */
const retryAfterSeconds = 60;

/** Counts each call against its key's name with the `RATE_LIMITER` binding, where there is one; over it: 429. */
export async function limitRate(context: Context<AppEnv>, next: Next): Promise<void> {
  const limiter = context.env.RATE_LIMITER;
  if (limiter !== undefined) {
    const { success } = await limiter.limit({ key: context.get("keyName") });
    if (!success) {
      throw new ApiError({
        status: 429,
        type: "rate_limit_error",
        code: "rate_limit_exceeded",
        message: `This key has sent too many requests. Try again in ${retryAfterSeconds} seconds.`,
        headers: { "retry-after": String(retryAfterSeconds) },
      });
    }
  }
  await next();
}
