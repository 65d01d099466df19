import type { Context } from "hono";
import type { CheckedRequest } from "../call.ts";
import { checkCompat, checkRequest } from "../check-request.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readJsonBody } from "../http/read-body.ts";
import { parseExact } from "../protocol/exact-json.ts";

/**
 * Reads and checks the body of a create request, in the mode of its base URL.
 * @throws {ApiError} 413 and 415 for a body that is refused unread, 400 for one that can't be read or does not fit
 */
export async function readCreateRequest(context: Context<AppEnv>): Promise<CheckedRequest> {
  const mode = context.get("mode");
  const sent = await readJsonBody(context, mode === "native" ? { parse: parseExact } : {});
  return checkRequest(mode, sent, { bindings: context.env });
}

/** The same for a path that is served in compat mode only. */
export async function readCompatRequest(context: Context<AppEnv>): Promise<CheckedRequest & { mode: "compat" }> {
  return { mode: "compat", document: checkCompat(await readJsonBody(context), { bindings: context.env }) };
}
