import type { Context } from "hono";
import { type Config, readValidConfig } from "../config.ts";
import type { AppEnv } from "./app-env.ts";

/** Headers of an answer that a page of another origin may read. */
const exposedHeaders = [
  "x-request-id,retry-after,cf-ai-req-id,server-timing,x-fallback-model,warning",
  "x-ratelimit-limit-requests,x-ratelimit-remaining-requests,x-ratelimit-reset-requests",
  "x-ratelimit-limit-tokens,x-ratelimit-remaining-tokens,x-ratelimit-reset-tokens",
].join(",");

/**
 * Adds what CORS (fetch.spec.whatwg.org/#http-cors-protocol) needs for a page to read this answer, if its origin is
 * allowed. Credentials are never allowed: a key is sent by the page itself, not by the browser on its own.
 * A wrong setting allows nobody.
 */
export function allowOrigin(context: Context<AppEnv>, headers: Headers): void {
  const allowed = readValidConfig(context.env)?.allowedOrigins ?? [];
  headers.set("access-control-expose-headers", exposedHeaders);
  if (allowed.includes("*")) {
    headers.set("access-control-allow-origin", "*");
    return;
  }
  headers.append("vary", "origin");
  const origin = context.req.header("origin");
  if (origin !== undefined && allowed.includes(origin)) headers.set("access-control-allow-origin", origin);
}

/** Whether a page of this origin may call: what CORS asks of an answer, and a WebSocket has to ask by itself. */
export function isAllowedOrigin(origin: string, { allowedOrigins }: Config): boolean {
  return allowedOrigins.includes("*") || allowedOrigins.includes(origin);
}

/** Answers a preflight, for every path and without a key: whether its origin is allowed is for `allowOrigin` to say. */
export function answerPreflight(context: Context<AppEnv>): Response {
  const headers = new Headers({
    "access-control-allow-methods": "GET,POST,PATCH,DELETE,OPTIONS",
    "access-control-max-age": "86400",
    vary: "access-control-request-headers",
  });
  const requested = context.req.header("access-control-request-headers");
  if (requested !== undefined) headers.set("access-control-allow-headers", requested);
  return new Response(null, { status: 204, headers });
}
