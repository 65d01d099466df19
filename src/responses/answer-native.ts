import { findModel } from "../workers-ai/models.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { runModel } from "../workers-ai/run-model.ts";
import type { AnswerableRequest } from "./answer-request.ts";
import { convertNativeInputs } from "./convert-native-inputs.ts";
import { replayAsStream } from "./replay.ts";

/**
 * Native mode: the client's document goes to the model as it is, and the answer comes back byte for byte.
 * The one exception: a stream was asked for and upstream, as documented for gpt-oss, answers with JSON. That JSON is
 * replayed as the events of a stream.
 */
export async function answerNative({ bindings, config, document, signal }: AnswerableRequest): Promise<ModelAnswer> {
  const { prompt_cache_key: cacheKey } = document;
  const answer = await runModel({
    ai: bindings.AI,
    model: findModel(config.models, document.model ?? undefined),
    inputs: convertNativeInputs(document),
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    gatewayId: config.gatewayId,
    sessionAffinity: typeof cacheKey === "string" ? cacheKey : undefined,
  });
  return document.stream === true && answer.kind === "json" ? replayAnswer(answer) : answer;
}

async function replayAnswer(answer: ModelAnswer): Promise<ModelAnswer> {
  let response: unknown;
  try {
    response = await new Response(answer.body).json();
  } catch {
    throw invalidAnswer("it broke off, or it is not JSON");
  }
  return {
    ...answer,
    kind: "event-stream",
    contentType: "text/event-stream; charset=utf-8",
    body: replayAsStream(response),
  };
}
