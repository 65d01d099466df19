import { ApiError } from "../errors.ts";

/**
 * What became of a Response whose stream ended before its last event. The code has no "invalid" in it: the AI SDK takes
 * such a code for the caller's fault (`getStatusCode` in @ai-sdk/openai 4) and would not try again.
 */
export const streamBroken = {
  code: "upstream_stream_broken",
  message: "The model's answer broke off. Send the request again.",
} as const;

/** The same as an error: 502. */
export function brokenAnswer(cause?: unknown): ApiError {
  return new ApiError({ status: 502, type: "server_error", ...streamBroken, cause });
}
