import type { Context, Next } from "hono";
import { readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isAllowedOrigin } from "../http/cors.ts";

/**
 * Refuses a page of an origin that ALLOWED_ORIGINS doesn't name with 403: CORS does not hold for WebSockets, so a browser
 * would let any page use one. A client that sets `Authorization` is no page.
 */
export async function checkOrigin(context: Context<AppEnv>, next: Next): Promise<void> {
  const origin = context.req.header("origin");
  const mayBePage = origin !== undefined && context.req.header("authorization") === undefined;
  if (mayBePage && !isAllowedOrigin(origin, readConfig(context.env))) {
    throw new ApiError({
      status: 403,
      type: "permission_error",
      code: "origin_not_allowed",
      message: "Pages of this origin may not call this Worker. Its operator allows them with ALLOWED_ORIGINS.",
    });
  }
  await next();
}
