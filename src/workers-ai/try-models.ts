import { ApiError } from "../errors.ts";

interface Attempts<Answer> {
  /** The model asked for, then those to fall back on, in order. */
  models: readonly [string, ...string[]];
  /** How many calls that failed for a passing reason are made again, over all models together. */
  retries: number;
  /** Aborts when no further call is worth making. */
  signal: AbortSignal;
  /** One call. `rejectIfBusy`: another model would be tried next, so this one must not queue. */
  attempt(model: string, rejectIfBusy: boolean): Promise<Answer>;
  /** Resolves after so many milliseconds; rejects when `signal` aborts first. */
  pause(milliseconds: number): Promise<void>;
}

/**
 * Makes a call, again after a passing failure and with the next model when one has no capacity. The last model may
 * queue: there is nothing left to fall back on. Throws the error of the last call made.
 */
export async function tryModels<Answer>({ models, retries, ...rest }: Attempts<Answer>): Promise<Answer> {
  const [model, next, ...others] = models;
  for (let retried = 0; ; retried++) {
    try {
      return await rest.attempt(model, next !== undefined);
    } catch (error) {
      if (rest.signal.aborted) throw error;
      if (next !== undefined && isOutOfCapacity(error)) {
        return tryModels({ models: [next, ...others], retries: retries - retried, ...rest });
      }
      if (retried === retries || !mayPass(error)) throw error;
    }
    await rest.pause(drawPause(retried));
  }
}

/** Another model may have room. The daily allocation is the account's, for all models: no use in trying another. */
function isOutOfCapacity(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "out_of_capacity" || error.code === "upstream_rate_limited");
}

/** A 5xx that says nothing of the request itself: the same call may well succeed a moment later. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status < 500) return false;
  return ["upstream_error", "upstream_timeout", "upstream_server_timeout"].includes(error.code);
}

const firstPauseMs = 250;
const longestPauseMs = 4_000;

/**
 * Half of an exponentially growing pause is fixed, half is drawn: calls that failed together don't come back together.
 */
function drawPause(retried: number): number {
  const whole = Math.min(firstPauseMs * 2 ** retried, longestPauseMs);
  return Math.round(whole / 2 + (Math.random() * whole) / 2);
}
