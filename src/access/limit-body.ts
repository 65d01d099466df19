import type { Context, Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { ApiError, invalidRequest, unreadableBody } from "../errors.ts";

/**
 * Refuses a body over `MAX_BODY_BYTES` with 413: by its length where that is given, else while reading it.
 * Throws 400 for one that can't be read to its end.
 */
export async function limitBody(context: Context<AppEnv>, next: Next): Promise<Response | void> {
  const { maxBodyBytes } = readConfig(context.env);
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError() {
      throw invalidRequest({
        status: 413,
        code: "request_too_large",
        message: `The request body is larger than the ${maxBodyBytes} bytes this Worker accepts.`,
      });
    },
  });
  try {
    return await limit(context, next);
  } catch (error) {
    throw error instanceof ApiError ? error : unreadableBody(context.req.raw.signal);
  }
}
