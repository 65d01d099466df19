import type { Context } from "hono";
import type { CheckedRequest } from "../call.ts";
import { checkCompat } from "../check-request.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readJsonBody } from "../http/read-body.ts";

/**
 * Reads and checks the body of a request whose path is served in compat mode only.
 * @throws {ApiError} 413 and 415 for a body that is refused unread, 400 for one that can't be read or does not fit
 */
export async function readCompatRequest(context: Context<AppEnv>): Promise<CheckedRequest & { mode: "compat" }> {
  return { mode: "compat", document: checkCompat(await readJsonBody(context), { bindings: context.env }) };
}
