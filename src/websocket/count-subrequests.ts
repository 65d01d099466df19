import type { Call, CheckedRequest } from "../call.ts";
import { isReference } from "../protocol/input-items.ts";
import { isRecord } from "../protocol/json.ts";
import { conversationOf } from "../protocol/request.ts";
import { isStored } from "../state/save.ts";

/** Requests that a connection has made: to Cloudflare's services, and to the web. */
export interface Subrequests {
  services: number;
  web: number;
}

/**
 * Most that one connection makes. It is one invocation of the Worker, and the smaller plan allows one 1,000 calls of
 * Cloudflare's services and 50 requests to the web (developers.cloudflare.com/workers/platform/limits/#subrequests). A turn
 * that has begun is not cut off: a hosted tool that gets no further request says so to the model.
 */
const most: Subrequests = { services: 900, web: 30 };

/** Whether a connection may not begin another turn. */
export function areSpent({ services, web }: Subrequests): boolean {
  return services >= most.services || web >= most.web;
}

/** How many a turn has made, at most: those that its record counts, and of the rest what it can take. */
export function countSubrequests(
  { bindings, record }: Pick<Call, "bindings" | "record">,
  { request, isContextHeld }: { request: CheckedRequest | undefined; isContextHeld: boolean },
): Subrequests {
  const { trace, requests, tools, conversions } = record;
  const counted = trace.calls + tools.searches + tools.images + conversions.count;
  // Each conversion, and each tool but those of MCP servers, counts as one request beside those to the web.
  const web = requests - conversions.count - tools.searches - tools.pages - tools.images;
  // The key's lease; its rate, its budget and what it used.
  const checks = Number(bindings.RATE_LIMITER !== undefined) + Number(bindings.KEYS !== undefined);
  const perTurn = counted + checks + (bindings.USAGE === undefined ? 0 : 3);
  if (request === undefined) return { services: perTurn, web };
  const { mode, document } = request;
  const items: readonly unknown[] = typeof document.input === "string" ? [] : document.input;
  // Each leads to a thread, and the last to a history.
  const references = items.filter(isReference).length;
  const looked = references === 0 ? 0 : references + 2;
  const approvals = items.filter((item) => isRecord(item) && item["type"] === "mcp_approval_response").length;
  const conversation = conversationOf(document);
  const continues = typeof document.previous_response_id === "string" || conversation !== undefined;
  // Where it is, for an id of upstream's; how large; and its context.
  const reads = continues && !isContextHeld ? (mode === "native" ? 3 : 2) : 0;
  const isSaved = isStored(document, bindings) || conversation !== undefined;
  const writes = isSaved ? (mode === "native" ? 2 : 1) : 0;
  return { services: perTurn + looked + 2 * approvals + reads + writes, web };
}
