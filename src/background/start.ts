import { prepareRequest } from "../answer.ts";
import type { Call, CheckedRequest } from "../call.ts";
import { convertRequest } from "../compat/request/convert-request.ts";
import { echoRequest } from "../compat/request/echo-request.ts";
import { supportHostedTools } from "../compat/rounds/start-session.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import * as http from "../http/render-answer.ts";
import { echoNative } from "../native/echo-request.ts";
import type { ResponseResource } from "../protocol/events.ts";
import { createId } from "../protocol/ids.ts";
import { mostBytes, renderJson } from "../state/json-bytes.ts";
import { type Context, idsOf } from "../state/load-context.ts";
import { expiresAt } from "../state/save.ts";
import { freshenIds, toStoredItems } from "../state/stored-item.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { followResponse } from "./follow.ts";
import { writeJob } from "./job.ts";

/**
 * Hands a `background` request to the object that will make its response, and answers at once: with the queued
 * Response, or with `stream` with the run's events as they come.
 */
export async function startBackground(call: Call, request: CheckedRequest): Promise<Response> {
  const { bindings, config, keyName } = call;
  const { whole, context } = await prepareRequest(call, request);
  const response = await queue(call, whole);
  const object = bindings.RESPONSES?.getByName(response.id);
  const isStreamed = request.document.stream === true;
  const stored = {
    response: renderJson(response),
    items: renderItems(context),
    job: renderJson(writeJob(request, { context, call })),
  };
  if (stored.response.length + stored.items.length + stored.job.length > mostBytes) throw contextTooLarge();
  const run = { ...stored, owner: keyName, expiresAt: expiresAt(config), streamed: isStreamed };
  const isStarted = await object?.start(run).catch((error: unknown) => {
    throw notStarted(error);
  });
  if (object === undefined || isStarted !== true) throw notStarted();
  return isStreamed ? followResponse(object, keyName, -1) : http.renderJson(JSON.stringify(response));
}

/** The Response of a run that has not begun. What compat can't convert is refused now, not in the run. */
async function queue(call: Call, request: CheckedRequest): Promise<ResponseResource> {
  const { config, keyName } = call;
  const { mode, document } = request;
  const id = createId("resp");
  const model = resolveModel(config.models, document.model);
  const own = { status: "queued", background: true, store: true } as const;
  if (mode === "compat") {
    await convertRequest(document, { keyName, config, hosted: supportHostedTools(call, document) });
    return { ...echoRequest(document, { id, model, now: Date.now() }), ...own };
  }
  return { ...echoNative(document, { id, model, now: Date.now() }), ...own };
}

function renderItems({ earlier, own, conversions }: Context): Uint8Array {
  return renderJson([...earlier, ...freshenIds(toStoredItems(own, conversions), idsOf(earlier))]);
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

function contextTooLarge(): ApiError {
  return invalidRequest({
    status: 413,
    code: "request_too_large",
    param: "input",
    message: "A `background` request is stored until it has run, and with its context it may have 32 MiB. Send less.",
  });
}
