import type { Context } from "hono";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { getStored, responseNotFound } from "../state/get-stored.ts";

/** `POST /v1/responses/:id/cancel`: ends a background run. One that has ended stays as it is, and is answered with. */
export async function cancelResponse(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = getStored(context);
  const kept = await object.cancel(keyName);
  if (kept === undefined) throw responseNotFound();
  if (kept.kind === "foreground") {
    throw invalidRequest({
      code: "response_not_in_background",
      param: "response_id",
      message: "Only a response created with `background: true` can be cancelled. Close the connection to end another.",
    });
  }
  return renderJson(kept.response);
}
