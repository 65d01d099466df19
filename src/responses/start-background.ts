import { convertRequest } from "../compat/request/convert-request.ts";
import { echoRequest } from "../compat/request/echo-request.ts";
import type { Bindings, Config } from "../config.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import { renderBody } from "../http/render-body.ts";
import { echoConversation } from "../protocol/read-conversation.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { findExpiry } from "../store/find-expiry.ts";
import { mostBytes, renderJson } from "../store/json-bytes.ts";
import type { TurnInput } from "../turns/find-context.ts";
import { findModel } from "../workers-ai/models.ts";
import { writeJob } from "./background-job.ts";
import { followResponse } from "./follow.ts";

/**
 * Hands a `background` request to the object that will make its response, and answers at once: with the queued
 * Response, or with `stream` with the run's events as they come.
 */
export async function startBackground({
  bindings,
  config,
  document,
  input,
  keyName,
  requestId,
}: {
  bindings: Bindings;
  config: Config;
  /** The request with the whole context in its `input`. */
  document: CreateRequest;
  input: TurnInput;
  keyName: string;
  requestId: string;
}): Promise<Response> {
  const now = Date.now();
  const model = findModel(config.models, document.model ?? undefined);
  // What compat can't translate is refused now, not in the run.
  if (config.mode === "compat") await convertRequest({ document, model, keyName, reasoningKey: config.reasoningKey });
  const response = {
    ...echoRequest(document, { model, now }),
    status: "queued",
    background: true,
    store: true,
    ...echoConversation(document),
  };
  const object = bindings.RESPONSES?.getByName(response.id);
  const streamed = document.stream === true;
  const kept = {
    response: renderJson(response),
    items: renderJson([...input.earlier, ...input.own]),
    job: renderJson(writeJob({ document, input, requestId })),
  };
  if (kept.response.length + kept.items.length + kept.job.length > mostBytes) throw contextTooLarge();
  const started = await object?.start({ ...kept, owner: keyName, expiresAt: findExpiry(config), streamed });
  if (object === undefined || started !== true) {
    throw new ApiError({
      status: 500,
      type: "server_error",
      code: "background_not_started",
      message: "The background run could not be started. Send the request again.",
    });
  }
  return streamed ? followResponse(object, keyName, -1) : renderBody("json", JSON.stringify(response));
}

function contextTooLarge(): ApiError {
  return invalidRequest({
    status: 413,
    code: "request_too_large",
    param: "input",
    message: "A `background` request is kept until it has run, and with its context it may have 32 MiB. Send less.",
  });
}
