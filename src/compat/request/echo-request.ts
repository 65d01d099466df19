import { createId } from "../../protocol/create-id.ts";
import type { ResponseObject } from "../../protocol/events.ts";
import { isRecord, type JsonRecord } from "../../protocol/read-value.ts";
import { RESPONSE_DEFAULTS } from "../../protocol/response-defaults.ts";

/** Request fields that the Response repeats as they are; unset ones get their default. */
const echoedFields = [
  "background",
  "frequency_penalty",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "parallel_tool_calls",
  "presence_penalty",
  "previous_response_id",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "store",
  "temperature",
  "tool_choice",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
] as const;

/**
 * The Response before the model's first chunk: every key strict clients require, and the request's own settings.
 * `service_tier` stays `default` whatever was asked for: it says how the request is served.
 */
export function echoRequest(document: JsonRecord, { model, now }: { model: string; now: number }): ResponseObject {
  const given = echoedFields.flatMap((field) => {
    const value = document[field];
    return value === undefined || value === null ? [] : [[field, value]];
  });
  return {
    ...RESPONSE_DEFAULTS,
    ...Object.fromEntries(given),
    reasoning: echoReasoning(document["reasoning"]),
    text: echoText(document["text"]),
    tools: Array.isArray(document["tools"]) ? document["tools"].map(echoTool) : [],
    id: createId("resp"),
    object: "response",
    created_at: Math.floor(now / 1_000),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model,
    output: [],
    usage: null,
  };
}

function echoReasoning(reasoning: unknown): JsonRecord {
  const { effort = null, summary = null } = isRecord(reasoning) ? reasoning : {};
  return { effort, summary };
}

function echoText(text: unknown): JsonRecord {
  const { format, verbosity } = isRecord(text) ? text : {};
  return {
    format: isRecord(format) ? echoFormat(format) : { type: "text" },
    ...(verbosity !== undefined && verbosity !== null && { verbosity }),
  };
}

function echoFormat(format: JsonRecord): JsonRecord {
  return format["type"] === "json_schema"
    ? { name: "response", description: null, ...format, strict: format["strict"] ?? false }
    : format;
}

/** Open Responses requires all five fields of a function (openresponses.org, FunctionTool). */
function echoTool(tool: unknown): unknown {
  return isRecord(tool) && tool["type"] === "function"
    ? { description: null, parameters: null, strict: null, ...tool }
    : tool;
}
