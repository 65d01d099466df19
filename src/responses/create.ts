import type { Context } from "hono";
import { answer, prepareRequest } from "../answer.ts";
import { startBackground } from "../background/start.ts";
import { checkRequest } from "../check-request.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readJsonBody } from "../http/read-body.ts";
import { renderAnswer } from "../http/render-answer.ts";
import { startCall } from "../http/start-call.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { openContext } from "../state/load-context.ts";

/** `POST …/responses`: an answer, or with `background` the response that will have it. */
export async function createResponse(context: Context<AppEnv>): Promise<Response> {
  const mode = context.get("mode");
  const sent = await readJsonBody(context, mode === "native" ? { parse: parseExact } : {});
  const { call, leave } = startCall(context);
  const opened = openContext(call, mode, sent);
  const request = checkRequest(mode, sent, { bindings: call.bindings });
  const { background, stream } = request.document;
  if (background === true) return startBackground(call, request, opened);
  const made = await answer(call, request, { prepared: await prepareRequest(call, request, opened) });
  return renderAnswer(made, { isStream: stream === true, record: call.record, leave });
}
