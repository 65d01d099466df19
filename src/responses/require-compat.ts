import type { Context, Next } from "hono";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";

/** Lets a request pass in compat mode only: 404 `compat_mode_only` in native mode, where the model has no such route. */
export async function requireCompat(context: Context<AppEnv>, next: Next): Promise<void> {
  if (readConfig(context.env).mode !== "compat") {
    throw new ApiError({
      status: 404,
      type: "not_found_error",
      code: "compat_mode_only",
      message: "This path is served in compat mode only. The operator of this Worker turns it on with `MODE=compat`.",
    });
  }
  await next();
}
