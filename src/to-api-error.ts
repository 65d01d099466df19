import { ApiError, internalError } from "./errors.ts";
import { isSchemaMismatch, schemaMismatched } from "./state/schema-mismatch.ts";

/**
 * What was thrown, as an error that a client may see. What nobody foresaw is in the log by its kind and the request's id:
 * its text may hold a prompt.
 */
export function toApiError(thrown: unknown, requestId: string): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof Error && isSchemaMismatch(thrown)) return schemaMismatched();
  const kind = thrown instanceof Error ? thrown.name : "unknown";
  console.error(JSON.stringify({ event: "unhandled_error", request_id: requestId, kind }));
  return internalError();
}
