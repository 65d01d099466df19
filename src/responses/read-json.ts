import { ApiError } from "../errors.ts";

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is a string, else `""`. */
export function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value if it is a whole number from 0 up, else `otherwise`. */
export function readCount(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

/** The error for an upstream answer that can't be made into a Response. `what` says what is wrong with it. */
export function invalidResponse(what: string): ApiError {
  return new ApiError({
    status: 502,
    type: "server_error",
    code: "upstream_invalid_response",
    message: `The model's answer is not a valid Response: ${what}. Retry the request.`,
  });
}
