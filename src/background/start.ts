import { prepareRequest } from "../answer.ts";
import type { Call, CheckedRequest } from "../call.ts";
import { convertRequest } from "../compat/request/convert-request.ts";
import { echoRequest } from "../compat/request/echo-request.ts";
import { supportHostedTools } from "../compat/rounds/start-session.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import * as http from "../http/render-answer.ts";
import { echoNative } from "../native/echo-request.ts";
import type { ResponseResource } from "../protocol/events.ts";
import type { Earlier } from "../state/context.ts";
import { openRun } from "../state/get-stored.ts";
import { renderJson } from "../state/json-bytes.ts";
import { responseIdOf } from "../state/place.ts";
import type { StartOutcome } from "../state/run-rpc.ts";
import { expiresAt, isTooLarge, turnOf, withoutParent } from "../state/save.ts";
import type { TurnToSave } from "../state/thread-rpc.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { followResponse } from "./follow.ts";
import { writeJob } from "./job.ts";

/**
 * Hands a `background` request to the object that will make its response, and answers at once: with the queued
 * Response, or with `stream` with the run's events as they come.
 */
export async function startBackground(
  call: Call,
  request: CheckedRequest,
  opened: Promise<Earlier>,
): Promise<Response> {
  const { bindings, config, keyName } = call;
  const { whole, context } = await prepareRequest(call, request, opened);
  const response = await queue(call, whole, responseIdOf(context.place));
  const isStreamed = request.document.stream === true;
  const turn: TurnToSave = {
    ...turnOf(context, { owner: keyName, response }),
    status: "queued",
    kind: isStreamed ? "streamed" : "background",
    expiresAt: expiresAt(config),
    ...(context.conversation !== undefined && { conversation: { ...context.conversation, append: false } }),
  };
  if (isTooLarge(turn, context.earlierBytes)) throw inputTooLarge();
  const job = renderJson(writeJob(request, { context, call }));
  const run = openRun(bindings, response.id);
  const start = (started: TurnToSave): Promise<StartOutcome> =>
    run.start({ thread: context.place.thread, turn: started, job }).catch((error: unknown) => {
      throw notStarted(error);
    });
  let outcome = await start(turn);
  if (outcome === "no_parent") outcome = await start(withoutParent(turn, context));
  if (outcome !== "started") throw notStarted();
  return isStreamed ? followResponse(run, keyName, -1) : http.renderJson(JSON.stringify(response));
}

/** The Response of a run that has not begun. What compat can't convert is refused now, not in the run. */
async function queue(call: Call, request: CheckedRequest, id: string): Promise<ResponseResource> {
  const { config, keyName } = call;
  const { mode, document } = request;
  const model = resolveModel(config.models, document.model);
  const own = { status: "queued", background: true, store: true } as const;
  if (mode === "compat") {
    await convertRequest(document, { keyName, config, hosted: supportHostedTools(call, document) });
    return { ...echoRequest(document, { id, model, now: Date.now() }), ...own };
  }
  return { ...echoNative(document, { id, model, now: Date.now() }), ...own };
}

/** 500: the run was not written down. The client may send its request again. */
function notStarted(cause?: unknown): ApiError {
  return new ApiError({
    status: 500,
    type: "server_error",
    code: "background_not_started",
    message: "The background run could not be started. Send the request again.",
    cause,
  });
}

function inputTooLarge(): ApiError {
  return invalidRequest({
    status: 413,
    code: "request_too_large",
    param: "input",
    message: "A `background` request is stored until it has run, and may take 32 MiB with its context. Send less.",
  });
}
