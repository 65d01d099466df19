import type { Bindings, Config } from "../config.ts";
import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import type { UpstreamTrace } from "../workers-ai/upstream-trace.ts";
import { answerCompat } from "./answer-compat.ts";
import { answerNative } from "./answer-native.ts";
import type { CreateRequest } from "../protocol/schema.ts";

/** A checked create request with all that answering it needs, independent of the HTTP call it came by. */
export interface AnswerableRequest {
  bindings: Bindings;
  config: Config;
  document: CreateRequest;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Name of the caller's key. */
  keyName: string;
  /** Where `runModel` writes down what happened upstream. */
  trace: UpstreamTrace;
}

/** Answers a create request in the configured mode. Throws an `ApiError` for whatever fails before the first byte. */
export function answerRequest(request: AnswerableRequest): Promise<ModelAnswer> {
  const { mode } = request.config;
  switch (mode) {
    case "native":
      return answerNative(request);
    case "compat":
      return answerCompat(request);
    default:
      return mode satisfies never;
  }
}
