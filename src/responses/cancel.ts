import type { Context } from "hono";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { getStored, openRun, readStored, responseNotFound } from "../state/get-stored.ts";

/** `POST /v1/responses/:id/cancel`: ends a background run. One that has ended stays as it is, and is answered with. */
export async function cancelResponse(context: Context<AppEnv>): Promise<Response> {
  const response = await getStored(context);
  const stored = await response.thread.readTurn(response.keyName, response.turn);
  if (stored === undefined) throw responseNotFound();
  if (stored.kind === "foreground") {
    throw invalidRequest({
      code: "response_not_in_background",
      param: "response_id",
      message: "Only a response created with `background: true` can be cancelled. Close the connection to end another.",
    });
  }
  if (stored.status === "final") return renderJson(stored.response);
  await openRun(context.env, response.id).cancel(response.keyName);
  return renderJson((await readStored(response, context.env)).response);
}
