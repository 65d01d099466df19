import type { Context, Next } from "hono";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/**
 * Bytes of request bodies that one isolate holds at once, until their answers begin. An isolate has 128 MiB
 * (developers.cloudflare.com/workers/platform/limits); a body as text, as values and as the text that goes upstream takes up
 * to six times its bytes, one step after the other.
 */
const mostHeld = 25_165_824;

let held = 0;

/** The part of it that one request has. */
export class MemoryHold {
  #bytes = 0;

  /**
   * Takes room for a body before it is read.
   * @throws {ApiError} 503 when other requests have taken it; a request alone always has room
   */
  take(bytes: number): void {
    const others = held - this.#bytes;
    if (others > 0 && held + bytes > mostHeld) throw full();
    held += bytes;
    this.#bytes += bytes;
  }

  release(): void {
    held -= this.#bytes;
    this.#bytes = 0;
  }
}

/** Gives a request its part of the isolate's memory, and takes it back when its answer begins. */
export async function holdMemory(context: Context<AppEnv>, next: Next): Promise<void> {
  const hold = new MemoryHold();
  context.set("memory", hold);
  try {
    await next();
  } finally {
    hold.release();
  }
}

function full(): ApiError {
  return new ApiError({
    status: 503,
    type: "server_error",
    code: "too_many_large_requests",
    message: "This Worker holds as many large requests as it has memory for. Try again in a second.",
    headers: { "retry-after": "1" },
  });
}
