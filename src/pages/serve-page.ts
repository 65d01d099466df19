import type { Context, Next } from "hono";
import { readConfig } from "../config.ts";
import type { AppEnv } from "../http/app-env.ts";

/**
 * What a page may do: run and load what this Worker serves, and call it. Images may also be `data:`, for those a person
 * attaches or a model makes. Trusted Types make `innerHTML` and its kin throw, so that nothing a model says can become
 * markup.
 */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const hashedName = /^\/console\/[^/]+-[\w-]{8}\.\w+$/;

/** The headers of a page, where an API answer has those that `app.ts` gives it. */
const pageHeaders = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
};

/** Serves the console and the API reference from `public/`; what is not there, or turned off by `CONSOLE=off`, is the API's 404. */
export async function servePage(context: Context<AppEnv>, next: Next): Promise<Response | void> {
  const page = readConfig(context.env).console === "on" ? await fetchAsset(context) : undefined;
  if (page === undefined) return next();
  context.header("content-security-policy", pagePolicy);
  for (const [name, value] of Object.entries(pageHeaders)) context.header(name, value);
  const file = new Response(page.body, page);
  // The build names its files by their content.
  if (hashedName.test(context.req.path)) file.headers.set("cache-control", "public, max-age=31536000, immutable");
  return context.newResponse(file.body, file);
}

/** `GET /openapi.json`: the description of the API, which stays when the pages are off. */
export async function serveDescription(context: Context<AppEnv>, next: Next): Promise<Response | void> {
  const description = await fetchAsset(context);
  return description === undefined ? next() : new Response(description.body, description);
}

/** A file of `public/` by the request's path; undefined when there is none. */
async function fetchAsset({ env, req }: Context<AppEnv>): Promise<Response | undefined> {
  const file = await env.ASSETS?.fetch(req.raw);
  return file?.status === 404 ? undefined : file;
}
