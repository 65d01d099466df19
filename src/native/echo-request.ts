import type { NativeRequest } from "../call.ts";
import type { ResponseResource } from "../protocol/events.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { withoutNulls } from "../protocol/json.ts";
import { conversationOf } from "../protocol/request.ts";
import { responseDefaults } from "../protocol/response-defaults.ts";

/** The Response of a native request that upstream has not been asked yet: every key, and the request's own settings. */
export function echoNative(
  document: NativeRequest,
  { id, model, now }: { id: string; model: string; now: number },
): ResponseResource {
  const conversation = conversationOf(document);
  const known = Object.entries(document).filter(([field]) => Object.hasOwn(responseDefaults, field));
  return {
    ...responseDefaults,
    ...withoutNulls(hideToolSecrets(Object.fromEntries(known))),
    ...(conversation !== undefined && { conversation: { id: conversation } }),
    id,
    object: "response",
    created_at: Math.floor(now / 1_000),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model,
    output: [],
    usage: null,
  };
}
