import type { Call } from "../../call.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import { describeModel, resolveModel } from "../../workers-ai/models.ts";
import { type ModelAnswer, runModel } from "../../workers-ai/run.ts";

/** Asks the model that a request names, or one it falls back on. What it is sent differs from model to model. */
export function askModel(
  { bindings, config, signal, record }: Call,
  {
    document,
    inputsFor,
    hasImages,
  }: { document: CreateRequest; inputsFor: (model: string) => object; hasImages: boolean },
): Promise<ModelAnswer> {
  return runModel({
    ai: bindings.AI,
    model: resolveModel(config.models, document.model),
    fallbackModels: config.fallbackModels.filter((name) => !hasImages || describeModel(name).sees),
    inputsFor,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: document.prompt_cache_key ?? undefined,
    trace: record.trace,
  });
}
