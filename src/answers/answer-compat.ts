import { convertRequest } from "../compat/request/convert-request.ts";
import { renderWarnings } from "../compat/warnings.ts";
import type { ResponseObject } from "../protocol/events.ts";
import { echoConversation } from "../protocol/read-conversation.ts";
import { isStored } from "../store/is-stored.ts";
import { findModel } from "../workers-ai/models.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { runModel } from "../workers-ai/run-model.ts";
import type { AnswerableRequest } from "./answerable-request.ts";
import { foldEvents } from "./fold-events.ts";
import { ModelEvents } from "./model-events.ts";
import { streamEvents } from "./stream-events.ts";

/** Proxies drop a connection that is silent for longer than some 30 seconds. */
const keepAliveMs = 15_000;

/**
 * Compat mode: the request goes to the model's chat branch, and the answer comes back as Responses events, or as the
 * Response that these events end with.
 *
 * Upstream is asked for a stream when the client is, and for JSON otherwise: several models of Workers AI can't hold a
 * stream to a JSON schema. Whichever of the two it then sends is read.
 */
export async function answerCompat({
  bindings,
  config,
  document,
  signal,
  keyName,
  trace,
  responseId,
}: AnswerableRequest): Promise<ModelAnswer> {
  const model = findModel(config.models, document.model ?? undefined);
  const { inputs, translation, warnings, sessionAffinity } = await convertRequest({
    document,
    model,
    keyName,
    reasoningKey: config.reasoningKey,
  });
  const answer = await runModel({
    ai: bindings.AI,
    model,
    inputs,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    gatewayId: config.gatewayId,
    sessionAffinity,
    fallbackModels: config.fallbackModels,
    retries: config.upstreamRetries,
    trace,
  });
  const response = {
    ...translation.response,
    ...(responseId !== undefined && { id: responseId }),
    store: isStored(document, bindings),
    ...echoConversation(document),
  };
  const events = new ModelEvents({
    answer,
    translation: { ...translation, response },
    inputs,
    silenceMs: config.upstreamTimeoutMs,
  });
  const said = { upstreamId: answer.upstreamId, warning: renderWarnings(warnings) };
  if (document.stream === true) {
    const body = streamEvents(events, { keepAliveMs });
    return { ...said, kind: "event-stream", contentType: "text/event-stream; charset=utf-8", body };
  }
  const body = toBytes(await foldEvents(events, signal));
  return { ...said, kind: "json", contentType: "application/json", body };
}

function toBytes(response: ResponseObject): ReadableStream<Uint8Array> {
  const { body } = Response.json(response);
  if (body === null) throw invalidAnswer("it is empty");
  return body;
}
