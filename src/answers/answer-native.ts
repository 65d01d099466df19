import { findModel } from "../workers-ai/models.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { runModel, upstreamTimeout } from "../workers-ai/run-model.ts";
import type { AnswerableRequest } from "./answerable-request.ts";
import { convertNativeInputs } from "./convert-native-inputs.ts";
import { replayAsStream } from "./replay.ts";

/**
 * Native mode: the client's document goes to the model as it is, and the answer comes back byte for byte.
 * The one exception: a stream was asked for and upstream, as documented for gpt-oss, answers with JSON. That JSON is
 * replayed as the events of a stream.
 */
export async function answerNative({
  bindings,
  config,
  document,
  signal,
  trace,
}: AnswerableRequest): Promise<ModelAnswer> {
  const { prompt_cache_key: cacheKey } = document;
  const answer = await runModel({
    ai: bindings.AI,
    model: findModel(config.models, document.model ?? undefined),
    inputs: convertNativeInputs(document),
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    gatewayId: config.gatewayId,
    sessionAffinity: typeof cacheKey === "string" ? cacheKey : undefined,
    fallbackModels: config.fallbackModels,
    retries: config.upstreamRetries,
    trace,
  });
  return document.stream === true && answer.kind === "json" ? replayAnswer(answer, config.upstreamTimeoutMs) : answer;
}

/** Reads the whole of a JSON answer, for `timeoutMs` milliseconds at most: until it is there, nothing is sent. */
async function replayAnswer(answer: ModelAnswer, timeoutMs: number): Promise<ModelAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let response: unknown;
  try {
    response = JSON.parse(await readText(answer.body, deadline));
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

/** Reads a body to its end. Throws what broke it, and when `signal` aborts: the body is cancelled then. */
async function readText(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  // A reader, since in workerd neither pipe will do: `pipeThrough` with a signal waits for the next chunk, and into an
  // `IdentityTransformStream` it refuses a body that comes out of another one, as `readAnswer`'s does.
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel(signal.reason).catch(() => {}));
  const decoder = new TextDecoder();
  let whole = "";
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    if (done) return whole + decoder.decode();
    whole += decoder.decode(value, { stream: true });
  }
}
