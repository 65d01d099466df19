import type { Context, MiddlewareHandler, Next } from "hono";
import type { Mode } from "../call.ts";
import { readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/** Makes the middleware that says how a base URL calls Workers AI; undefined is what `MODE` says. */
export function setMode(mode: Mode | undefined): MiddlewareHandler<AppEnv> {
  return (context, next) => {
    context.set("mode", mode ?? readConfig(context.env).mode);
    return next();
  };
}

/** Lets a request pass in compat mode only: 404 `compat_mode_only` in native mode, where the model has no such route. */
export async function requireCompat(context: Context<AppEnv>, next: Next): Promise<void> {
  if (context.get("mode") !== "compat") {
    throw new ApiError({
      status: 404,
      type: "not_found_error",
      code: "compat_mode_only",
      message: "This path is served in compat mode only. Call it under the base URL `/openai/v1`.",
    });
  }
  await next();
}
