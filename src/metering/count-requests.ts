import type { CallRecord } from "../call.ts";
import { WebFailure } from "../web/web-failure.ts";

/**
 * Requests that one call may make of others: models, files and tools together. A Worker on the free plan may make 50
 * (developers.cloudflare.com/workers/platform/limits), and what is stored and counted needs some. On the paid plan it may
 * make 10,000; the bound is the same, so that a Response does not depend on the plan.
 */
export const maxRequests = 42;

/** Requests that a call has made so far. */
export function requestsMade({ requests, trace }: CallRecord): number {
  return requests + trace.calls;
}

/**
 * Counts a request that is about to be made, of a file or a tool. One is always left for the model.
 * @throws {WebFailure} when there is none left: it must not be made
 */
export function countRequest(record: CallRecord): void {
  if (requestsMade(record) >= maxRequests - 1) {
    throw new WebFailure("limit", `No more than ${maxRequests} requests are made for one response.`);
  }
  record.requests += 1;
}
