import { findModel } from "../workers-ai/models.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { runModel, upstreamTimeout } from "../workers-ai/run-model.ts";
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
  return document.stream === true && answer.kind === "json" ? replayAnswer(answer, config.upstreamTimeoutMs) : answer;
}

/** Reads the whole of a JSON answer, for `timeoutMs` milliseconds at most: until it is there, nothing is sent. */
async function replayAnswer(answer: ModelAnswer, timeoutMs: number): Promise<ModelAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let response: unknown;
  try {
    const body = answer.body.pipeThrough(new IdentityTransformStream(), { signal: deadline });
    response = await new Response(body).json();
  } catch {
    throw deadline.aborted ? upstreamTimeout() : invalidAnswer("it broke off, or it is not JSON");
  }
  return {
    ...answer,
    kind: "event-stream",
    contentType: "text/event-stream; charset=utf-8",
    body: replayAsStream(response),
  };
}
