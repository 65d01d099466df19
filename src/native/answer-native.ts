import type { Answer, Call, NativeRequest } from "../call.ts";
import type { Config } from "../config.ts";
import { ApiError } from "../errors.ts";
import { tryParse } from "../protocol/json.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { type ModelAnswer, runModel } from "../workers-ai/run.ts";
import { convertInputs } from "./convert-inputs.ts";
import { countTokens } from "./count-tokens.ts";
import { replayResponse } from "./replay.ts";

/** Models that refused to stream and answered without, by configuration: for the life of the isolate. */
const refusing = new WeakMap<Config, Set<string>>();

/** A status that may mean "I don't stream" (Cloudflare's page says of gpt-oss: "only `stream: false` is supported"). */
const refusals: ReadonlySet<number> = new Set([400, 405, 422]);

/**
 * Native mode: the client's document goes to the model as it is, and the answer comes back byte for byte. The one
 * exception is a stream that upstream doesn't give: its JSON is replayed as the events of one.
 */
export async function answerNative(call: Call, request: NativeRequest): Promise<Answer> {
  const model = resolveModel(call.config.models, request.model);
  if (request.stream !== true) return passOn(await run(call, request, model));
  const known = refusing.get(call.config) ?? new Set();
  if (known.has(model)) return replay(await run(call, { ...request, stream: false }, model), request);
  let answer: ModelAnswer;
  try {
    answer = await run(call, request, model);
  } catch (error) {
    if (!(error instanceof ApiError) || !refusals.has(error.status)) throw error;
    const replayed = replay(await run(call, { ...request, stream: false }, model), request);
    // Only now: the refusal may have been about the request.
    refusing.set(call.config, known.add(model));
    return replayed;
  }
  return answer.kind === "json" ? replay(answer, request) : passOn(answer);
}

function run({ bindings, config, signal, record }: Call, request: NativeRequest, model: string): Promise<ModelAnswer> {
  const inputs = convertInputs(request);
  const { prompt_cache_key: cacheKey } = request;
  return runModel({
    ai: bindings.AI,
    model,
    fallbackModels: config.fallbackModels,
    inputsFor: () => inputs,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: typeof cacheKey === "string" ? cacheKey : undefined,
    trace: record.trace,
  });
}

const noWarnings: ReadonlySet<string> = new Set();

function passOn(answer: ModelAnswer): Answer {
  const { contentType, upstreamId } = answer;
  const isStream = answer.kind === "event-stream";
  const body = answer.kind === "json" ? answer.bytes : answer.body;
  return { kind: "bytes", isStream, contentType, body, upstreamId, warnings: noWarnings };
}

function replay(answer: ModelAnswer, request: NativeRequest): Answer {
  if (answer.kind !== "json") return passOn(answer);
  const parsed = tryParse(new TextDecoder().decode(answer.bytes));
  if (parsed === undefined) throw invalidAnswer("it broke off, or it is not JSON");
  return {
    kind: "events",
    events: replayResponse(parsed),
    failure: () => undefined,
    tokens: () => countTokens(parsed, request),
    upstreamId: answer.upstreamId,
    warnings: noWarnings,
  };
}
