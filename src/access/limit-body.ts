import type { Context, Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { invalidRequest } from "../errors.ts";

/** Refuses a body over `MAX_BODY_BYTES` with 413: by its length where that is given, else while reading it. */
export function limitBody(context: Context<AppEnv>, next: Next): Promise<Response | void> {
  const { maxBodyBytes } = readConfig(context.env);
  return bodyLimit({
    maxSize: maxBodyBytes,
    onError() {
      throw invalidRequest({
        status: 413,
        code: "request_too_large",
        message: `The request body is larger than the ${maxBodyBytes} bytes this Worker accepts.`,
      });
    },
  })(context, next);
}
