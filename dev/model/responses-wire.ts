import { hashId, type Call } from "./call-ids.ts";
import type { Answer, Part } from "./compose-answer.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import type { ModelRequest } from "./read-request.ts";

/**
 * The Responses branch's JSON answer, field for field as gpt-oss-20b on vLLM writes it:
 * `status: null` on reasoning, `logprobs: null` on text, unknown extra fields, no `error`.
 */
export function responseBody({
  request,
  answer,
  call,
  itemId: idOf = itemId,
}: {
  request: ModelRequest;
  answer: Answer;
  call: Call;
  itemId?: typeof itemId;
}): JsonObject {
  return {
    ...envelope(request, call, {
      status: answer.truncated ? "incomplete" : "completed",
      output: answer.parts.map((part, index) => outputItem({ answer, part, index, call, id: idOf(part, index, call) })),
      usage: usageOf(answer),
    }),
    incomplete_details: answer.truncated ? { reason: "max_output_tokens" } : null,
  };
}

/** The response object of `response.created` and `response.in_progress`. */
export function startedBody(request: ModelRequest, call: Call): JsonObject {
  return envelope(request, call, { status: "in_progress", output: [], usage: null });
}

interface Progress {
  status: string;
  output: JsonObject[];
  usage: JsonObject | null;
}

function envelope(
  { inputs, model, maxOutputTokens, tools }: ModelRequest,
  call: Call,
  { status, output, usage }: Progress,
): JsonObject {
  return {
    id: `resp_${hashId(call, "response")}`,
    created_at: call.createdAt,
    incomplete_details: null,
    instructions: inputs["instructions"] ?? null,
    metadata: inputs["metadata"] ?? null,
    model,
    object: "response",
    output,
    parallel_tool_calls: inputs["parallel_tool_calls"] ?? true,
    temperature: inputs["temperature"] ?? 1,
    tool_choice: inputs["tool_choice"] ?? (tools.length > 0 ? "auto" : "none"),
    tools: inputs["tools"] ?? [],
    top_p: inputs["top_p"] ?? 1,
    background: false,
    max_output_tokens: maxOutputTokens,
    max_tool_calls: inputs["max_tool_calls"] ?? null,
    previous_response_id: inputs["previous_response_id"] ?? null,
    prompt: inputs["prompt"] ?? null,
    reasoning: isObject(inputs["reasoning"]) ? inputs["reasoning"] : null,
    service_tier: "auto",
    status,
    text: isObject(inputs["text"]) ? inputs["text"] : null,
    top_logprobs: inputs["top_logprobs"] ?? null,
    truncation: inputs["truncation"] ?? "disabled",
    usage,
    user: inputs["user"] ?? null,
    presence_penalty: 0,
    frequency_penalty: 0,
    kv_transfer_params: null,
    input_messages: null,
    output_messages: null,
  };
}

/** Ids that an item has in the stream, and in the final object too where nothing else is said. */
export function itemId(part: Part, index: number, call: Call): string {
  const prefix = { reasoning: "rs", message: "msg", call: "fc" }[part.kind];
  return `${prefix}_${hashId(call, `item-${index}`)}`;
}

/** vLLM gives the items of the final object other ids than they had in the stream, but for calls. */
export function finalItemId(part: Part, index: number, call: Call): string {
  return itemId(part, index, part.kind === "call" ? call : { ...call, seed: `${call.seed}-final` });
}

interface OutputItem {
  answer: Answer;
  part: Part;
  index: number;
  call: Call;
  id: string;
}

/** An item of the final output. */
function outputItem({ answer, part, index, call, id }: OutputItem): JsonObject {
  const done = answer.truncated && index === answer.parts.length - 1 ? "incomplete" : "completed";
  switch (part.kind) {
    case "reasoning":
      return reasoningItem(part, id, null);
    case "message":
      return messageItem(part, id, done);
    case "call":
      return callItem({ part, index, call, status: done });
    default:
      return part satisfies never;
  }
}

/** Reasoning, whole, with its text in `content`. */
export function reasoningItem({ tokens }: Part, id: string, status: "completed" | null): JsonObject {
  return {
    id,
    summary: [],
    type: "reasoning",
    content: [reasoningPart(tokens.join(""))],
    encrypted_content: null,
    status,
  };
}

/** A message, whole. */
export function messageItem({ tokens }: Part, id: string, status: "completed" | "incomplete"): JsonObject {
  const content = [textPart(tokens.join(""), null)];
  return { id, content, role: "assistant", status, type: "message", phase: null };
}

interface CallItem {
  part: { name: string; tokens: string[] };
  index: number;
  call: Call;
  status: "in_progress" | "completed" | "incomplete";
}

/** A function call. vLLM's code shows this shape; no recording of Workers AI's Responses branch holds one. */
export function callItem({ part, index, call, status }: CallItem): JsonObject {
  return {
    arguments: part.tokens.join(""),
    call_id: `call_${hashId(call, `call-${index}`)}`,
    name: part.name,
    type: "function_call",
    id: `fc_${hashId(call, `item-${index}`)}`,
    status,
  };
}

/** A reasoning item's content part. */
export function reasoningPart(text: string): JsonObject {
  return { text, type: "reasoning_text" };
}

/** A message's content part. vLLM writes `logprobs: []` where it opens one and null where it closes it. */
export function textPart(text: string, logprobs: [] | null): JsonObject {
  return { annotations: [], text, type: "output_text", logprobs };
}

function usageOf({ usage }: Answer): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: 0, input_tokens_per_turn: [usage.input], cached_tokens_per_turn: [0] },
    output_tokens: usage.output,
    output_tokens_details: {
      reasoning_tokens: usage.reasoning,
      tool_output_tokens: 0,
      output_tokens_per_turn: [usage.output],
      tool_output_tokens_per_turn: [0],
    },
    total_tokens: usage.input + usage.output,
  };
}
