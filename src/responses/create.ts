import type { Context } from "hono";
import { answer } from "../answer.ts";
import { startBackground } from "../background/start.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderAnswer } from "../http/render-answer.ts";
import { startCall } from "../http/start-call.ts";
import { readCreateRequest } from "./read-create-request.ts";

/** `POST …/responses`: an answer, or with `background` the response that will have it. */
export async function createResponse(context: Context<AppEnv>): Promise<Response> {
  const request = await readCreateRequest(context);
  const { call, leave } = startCall(context);
  const { background, stream } = request.document;
  if (background === true) return startBackground(call, request);
  return renderAnswer(await answer(call, request), { isStream: stream === true, record: call.record, leave });
}
