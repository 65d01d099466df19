import { waitUntil } from "cloudflare:workers";
import type { Context, Next } from "hono";
import { matchedRoutes } from "hono/route";
import type { CallRecord } from "../call.ts";
import { readValidConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { startTrace } from "../workers-ai/run.ts";
import { noConversions } from "./count-conversion.ts";
import { type RequestFacts, reportRequest } from "./report-request.ts";

/** The record of a request that has just arrived. */
export function startRecord(): CallRecord {
  return {
    startedAt: Date.now(),
    trace: startTrace(),
    requests: 0,
    tools: { searches: 0, pages: 0, mcp_calls: 0, images: 0 },
    conversions: noConversions(),
    answerEnd: undefined,
    notStored: undefined,
    ttfbMs: undefined,
    isCounted: false,
  };
}

/**
 * Times a request, says so in `Server-Timing`, and reports it to whatever is bound or set for that: the log, the metrics,
 * the usage of its key. It is the first middleware of all, so that a refused request is reported like any other.
 */
export async function meterRequest(context: Context<AppEnv>, next: Next): Promise<void> {
  const record = startRecord();
  context.set("record", record);
  const served = next();
  // When a client leaves, the runtime drops what nobody waits for, and with it the line about that request.
  waitUntil(served);
  await served;

  const { trace, answerEnd } = record;
  const ttfbMs = Date.now() - record.startedAt;
  record.ttfbMs = ttfbMs;
  setTiming(context, { totalMs: ttfbMs, upstreamMs: trace.waitedMs });

  // A wrong setting is what the request is answered with, and that answer is to be logged too.
  const config = readValidConfig(context.env);
  const request = { bindings: context.env, config, record, facts: describeRequest(context, ttfbMs) };
  if (answerEnd === undefined) {
    waitUntil(reportRequest({ ...request, end: undefined }));
  } else {
    waitUntil(answerEnd.then((end) => reportRequest({ ...request, end })));
  }
}

function describeRequest(context: Context<AppEnv>, ttfbMs: number): RequestFacts {
  return {
    request_id: context.get("requestId"),
    key: context.get("caller")?.name ?? null,
    key_id: context.get("caller")?.owner ?? null,
    method: context.req.method,
    transport: context.res.status === 101 ? "websocket" : "http",
    route: routeOf(context),
    mode: context.get("mode") ?? null,
    status: context.res.status,
    error_code: findErrorCode(context),
    ttfb_ms: ttfbMs,
  };
}

/**
 * W3C Server Timing: the proxy's own share and upstream's, in milliseconds, up to the first byte of the answer. A page of
 * another origin reads it when CORS lets it read the answer.
 */
function setTiming(context: Context<AppEnv>, { totalMs, upstreamMs }: { totalMs: number; upstreamMs: number }): void {
  // Not `context.header`: that copies the answer each time.
  const { headers } = context.res;
  headers.set("server-timing", `upstream;dur=${upstreamMs}, proxy;dur=${totalMs - upstreamMs}`);
  const origin = headers.get("access-control-allow-origin");
  if (origin !== null) headers.set("timing-allow-origin", origin);
}

/**
 * The pattern of the route that served the request, such as `/v1/models/:id`: a path may hold ids. It is the first that
 * matches and is no middleware, which alone is registered for all methods under a `*`.
 */
export function routeOf(context: Context<AppEnv>): string {
  const matched = matchedRoutes(context).find(({ method, path }) => method !== "ALL" || !path.endsWith("*"));
  const route = context.get("route") ?? matched?.path ?? "unmatched";
  return route.replaceAll(/\{[^}]*\}/g, "");
}

function findErrorCode({ error, req }: Context<AppEnv>): string | null {
  if (error === undefined) return null;
  if (error instanceof ApiError) return error.code;
  return req.raw.signal.aborted ? "client_closed_request" : "internal_error";
}
