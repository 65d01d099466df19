import type { Ending } from "../../protocol/response-builder.ts";
import { invalidAnswer } from "../../workers-ai/errors.ts";

const completed: Ending = { status: "completed", incomplete_details: null };
const truncated: Ending = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
const filtered: Ending = { status: "incomplete", incomplete_details: { reason: "content_filter" } };

/**
 * Turns chat's `finish_reason` into a Response's status (github.com/openai/openai-openapi, finish_reason;
 * `model_length` is mistral's name for a full context).
 * @throws {ApiError} 502 for a reason it doesn't know: an answer that ended for whatever other reason is not complete
 */
export function mapFinishReason(reason: string): Ending {
  switch (reason) {
    case "stop":
    case "tool_calls":
    case "function_call":
      return completed;
    case "length":
    case "model_length":
      return truncated;
    case "content_filter":
      return filtered;
    default:
      throw invalidAnswer("it ended for an unknown reason");
  }
}
