import type { Call } from "../call.ts";
import type { Fetch } from "../web/fetch-guarded.ts";

/** Fetches from the web, or from what stands in for it in development, and counts each request for the call. */
export function countingFetch({ bindings: { WEB: web }, record }: Pick<Call, "bindings" | "record">): Fetch {
  return (url, init) => {
    record.fetches += 1;
    return web === undefined ? fetch(url, init) : web.fetch(url, init);
  };
}
