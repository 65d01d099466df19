import type { Context, Next } from "hono";
import type { AppEnv } from "./app-env.ts";
import { allowOrigin } from "./cors.ts";
import { setHeaders } from "./set-headers.ts";

/** For an API whose answers are data, read by other origins on purpose: who may read them is for CORS to say. */
const securityHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
};

/** An incoming `x-request-id` that is kept: what is safe in a header and in a line of a log. */
const validRequestId = /^[\w\-=]{1,255}$/;

/** Names a request, and says so on its answer: by its own `x-request-id` when that is valid, else by a random UUID. */
export async function nameRequest(context: Context<AppEnv>, next: Next): Promise<void> {
  const given = context.req.header("x-request-id");
  const name = given !== undefined && validRequestId.test(given) ? given : crypto.randomUUID();
  context.set("requestId", name);
  await next();
  context.res.headers.set("x-request-id", name);
}

/** Sets the headers that tell a browser how to treat an answer and who may read it, on every answer of the API, errors too. */
export async function setAnswerHeaders(context: Context<AppEnv>, next: Next): Promise<void> {
  await next();
  const { headers } = context.res;
  setHeaders(headers, securityHeaders);
  allowOrigin(context, headers);
}
