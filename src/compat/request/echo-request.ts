import type { ResponseResource } from "../../protocol/events.ts";
import { hideSecrets } from "../../protocol/hide-secrets.ts";
import { conversationOf, type CreateRequest, type ToolDefinition } from "../../protocol/request.ts";
import { responseDefaults } from "../../protocol/response-defaults.ts";

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
export function echoRequest(
  request: CreateRequest,
  { id, model, now }: { id: string; model: string; now: number },
): ResponseResource {
  const given = echoedFields.flatMap((field) => {
    const value = request[field];
    return value === undefined || value === null ? [] : [[field, value]];
  });
  const conversation = conversationOf(request);
  return {
    ...responseDefaults,
    ...Object.fromEntries(given),
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    text: echoText(request.text),
    tools: (request.tools ?? []).map(echoTool),
    ...(conversation !== undefined && { conversation: { id: conversation } }),
    id,
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

function echoText(text: CreateRequest["text"]) {
  const { format, verbosity } = text ?? {};
  return {
    format: format ? echoFormat(format) : { type: "text" },
    ...(verbosity !== undefined && verbosity !== null && { verbosity }),
  };
}

function echoFormat(format: NonNullable<NonNullable<CreateRequest["text"]>["format"]>) {
  return format.type === "json_schema"
    ? { name: "response", description: null, ...format, strict: format.strict ?? false }
    : format;
}

/** Open Responses requires all five fields of a function (openresponses.org, FunctionTool). */
function echoTool(tool: ToolDefinition): unknown {
  return tool.type === "function" ? { description: null, parameters: null, strict: null, ...tool } : hideSecrets(tool);
}
