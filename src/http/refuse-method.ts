import type { Context, Hono } from "hono";
import { type ApiError, invalidRequest } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The error for a path that is served by other methods: 405 with those in `Allow`, computed from the route table.
 * Undefined for a path that is not served at all.
 */
export function refuseMethod(context: Context<AppEnv>, app: Hono<AppEnv>): ApiError | undefined {
  let served: string | undefined;
  const allowed = methods.filter((method) => {
    const [matches] = app.router.match(method, context.req.path);
    // Middleware alone is registered for all methods under a `*`.
    const route = matches.map(([[, found]]) => found).find(({ path }) => !path.endsWith("*"));
    if (route?.method !== method) return false;
    served = route.path;
    return true;
  });
  // A page that is turned off has its method, and isn't there.
  if (served === undefined || allowed.some((method) => method === context.req.method)) return undefined;
  context.set("route", served);
  const allow = allowed.map((method) => (method === "GET" ? "GET, HEAD" : method)).join(", ");
  return invalidRequest({
    status: 405,
    code: "method_not_allowed",
    message: `This path answers ${allow} only.`,
    headers: { allow },
  });
}
