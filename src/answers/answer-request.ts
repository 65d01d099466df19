import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import { answerCompat } from "./answer-compat.ts";
import { answerNative } from "./answer-native.ts";
import type { AnswerableRequest } from "./answerable-request.ts";

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
