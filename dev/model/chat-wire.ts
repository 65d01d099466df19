import { hashId, type Call } from "./call-ids.ts";
import type { Answer, Part } from "./compose-answer.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import type { Frame } from "./pace-stream.ts";
import type { ModelRequest } from "./read-request.ts";

/** gpt-oss's own ids of the tokens that end a call and an answer: `<|call|>` and `<|return|>`. */
const stopTokens = { tool_calls: 200_012, stop: 200_002, length: null } as const;

/** The chat branch's JSON answer, as vLLM writes it. */
export function chatBody({ model }: ModelRequest, answer: Answer, call: Call): JsonObject {
  const reason = finishReason(answer);
  const message = {
    role: "assistant",
    content: textOf(answer, "message"),
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    tool_calls: callsOf(answer).map((part, index) => toolCall(part, index, call)),
    reasoning_content: textOf(answer, "reasoning"),
  };
  return {
    id: `id-${hashId(call, "chat")}`,
    object: "chat.completion",
    created: call.createdAt,
    model,
    choices: [
      { index: 0, message, logprobs: null, finish_reason: reason, stop_reason: stopTokens[reason], token_ids: null },
    ],
    service_tier: null,
    system_fingerprint: null,
    usage: { ...usageOf(answer), prompt_tokens_details: null },
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null,
  };
}

/**
 * The chat branch's event stream, chunk for chunk as recorded from Workers AI: a first chunk without `token_ids`, one that closes the text with
 * `finish_reason: null` and a `stop_reason`, then the reason and the usage in two chunks of another key order (the second is the one
 * `stream_options.include_usage` asks for), then `[DONE]`.
 */
export function chatFrames({ model, inputs }: ModelRequest, answer: Answer, call: Call): Frame[] {
  const id = `id-${hashId(call, "chat")}`;
  const created = call.createdAt;
  const object = "chat.completion.chunk";
  const reason = finishReason(answer);
  const chunk = (delta: JsonObject, rest: JsonObject = { token_ids: null }, paced = false): Frame =>
    frame(
      { id, created, model, object, choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...rest }] },
      paced,
    );
  const last = (usage: JsonObject): Frame =>
    frame({ id, object, created, model, choices: [{ index: 0, delta: {}, finish_reason: reason }], usage });
  const deltas = answer.parts.flatMap((part) => partDeltas(part, callsOf(answer), call));
  const usage = usageOf(answer);
  const options = inputs["stream_options"];
  const asked = isObject(options) && options["include_usage"] === true;
  return [
    chunk({ role: "assistant", content: "" }, {}),
    ...deltas.map(({ delta, paced }) => chunk(delta, { token_ids: null }, paced)),
    chunk({}, { stop_reason: stopTokens[reason], token_ids: null }),
    last({
      prompt_tokens: usage.prompt_tokens,
      total_tokens: usage.total_tokens,
      completion_tokens: usage.completion_tokens,
    }),
    ...(asked ? [last({ ...usage, prompt_tokens_details: { cached_tokens: 0 } })] : []),
    { text: "data: [DONE]\n\n", paced: false },
  ];
}

type CallPart = Extract<Part, { kind: "call" }>;

interface Delta {
  delta: JsonObject;
  paced: boolean;
}

/** A stretch's deltas: an empty one opens it, then one for each token. */
function partDeltas(part: Part, calls: CallPart[], call: Call): Delta[] {
  switch (part.kind) {
    case "reasoning":
      return ["", ...part.tokens].map((token) => ({ delta: { reasoning_content: token }, paced: token !== "" }));
    case "message":
      return part.tokens.map((token) => ({ delta: { content: token }, paced: true }));
    case "call": {
      const index = calls.indexOf(part);
      const { id, type } = toolCall(part, index, call);
      const opening = { id, type, index, function: { name: part.name, arguments: "" } };
      return [
        { delta: { tool_calls: [opening] }, paced: false },
        ...part.tokens.map((token) => ({
          delta: { tool_calls: [{ index, function: { arguments: token } }] },
          paced: true,
        })),
      ];
    }
    default:
      return part satisfies never;
  }
}

function frame(chunk: JsonObject, paced = false): Frame {
  return { text: `data: ${JSON.stringify(chunk)}\n\n`, paced };
}

function toolCall({ name, tokens }: CallPart, index: number, call: Call): JsonObject {
  const id = `chatcmpl-tool-${hashId(call, `call-${index}`)}${hashId(call, `call-${index}-rest`)}`;
  return { id, type: "function", function: { name, arguments: tokens.join("") } };
}

function callsOf({ parts }: Answer): CallPart[] {
  return parts.filter((part) => part.kind === "call");
}

function textOf({ parts }: Answer, kind: Part["kind"]): string | null {
  return parts.find((part) => part.kind === kind)?.tokens.join("") ?? null;
}

function finishReason(answer: Answer): keyof typeof stopTokens {
  if (answer.truncated) return "length";
  return callsOf(answer).length > 0 ? "tool_calls" : "stop";
}

function usageOf({ usage }: Answer): { prompt_tokens: number; completion_tokens: number; total_tokens: number } {
  return { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output };
}
