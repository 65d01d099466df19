import type { Call, EventsAnswer } from "../call.ts";
import type { ApiError } from "../errors.ts";
import type { JsonRecord } from "../protocol/json.ts";
import type { CreateRequest } from "../protocol/request.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import { estimated, estimateOutput, readTokens } from "../protocol/tokens.ts";
import { describeModel, resolveModel } from "../workers-ai/models.ts";
import { runModel } from "../workers-ai/run.ts";
import { convertRequest } from "./request/convert-request.ts";
import { echoRequest } from "./request/echo-request.ts";
import { estimatePrompt } from "./request/estimate-prompt.ts";
import { respond } from "./respond.ts";

/**
 * Compat mode: the request goes to the model's chat branch, and the answer comes back as the events of a Response.
 * `responseId` names that Response; `isStored` is what it says of itself.
 *
 * Upstream is asked for a stream when the client is, and for JSON otherwise: several models of Workers AI can't hold a
 * stream to a JSON schema. Whichever of the two it then sends is read.
 */
export async function answerCompat(
  call: Call,
  {
    document,
    responseId,
    isStored,
    warnings,
  }: {
    document: CreateRequest;
    responseId: string;
    isStored: boolean;
    /** What of it was changed already. */
    warnings: ReadonlySet<string> | undefined;
  },
): Promise<EventsAnswer> {
  const { bindings, config, keyName, signal, record } = call;
  const converted = await convertRequest(document, { keyName, reasoningKey: config.reasoningKey, warnings });
  const answer = await runModel({
    ai: bindings.AI,
    model: resolveModel(config.models, document.model),
    fallbackModels: config.fallbackModels.filter((name) => !converted.hasImages || describeModel(name).sees),
    inputsFor: converted.inputsFor,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: document.prompt_cache_key ?? undefined,
    trace: record.trace,
  });
  const start = echoRequest(document, { id: responseId, model: answer.model, now: Date.now() });
  const builder = new ResponseBuilder({ ...start, store: isStored });
  let failure: ApiError | undefined;
  let usage: JsonRecord | undefined;
  const events = respond({
    answer,
    converted,
    builder,
    signal,
    silenceMs: config.upstreamTimeoutMs,
    onFailure: (error) => (failure = error),
    onUsage: (counted) => (usage = counted),
  });
  return {
    kind: "events",
    events,
    failure: () => failure,
    tokens: () =>
      readTokens(usage) ??
      estimated({
        input: estimatePrompt(converted.inputsFor(answer.model)),
        output: estimateOutput(builder.snapshot().output),
      }),
    upstreamId: answer.upstreamId,
    warnings: converted.warnings,
  };
}
