import type { Effort } from "../protocol/request.ts";

/**
 * What the model's chat branch takes (`Ai_Cf_Openai_Gpt_Oss_20B` in @cloudflare/workers-types, ChatCompletionsInput).
 * `content` is text: other models of Workers AI refuse parts ("Type mismatch of '/messages/<n>/content'"). Only a user's
 * message with images in it has parts (`UserMessageContentPart`), for a model that sees.
 */

export interface ChatToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export interface AssistantMessage {
  role: "assistant";
  content: string;
  /**
   * The chain of thought under both its names. vLLM reads `reasoning` (harmony_utils.py) and silently drops
   * `reasoning_content` (vllm-project/vllm issue 38488); its older versions and other servers read only the latter.
   */
  reasoning?: string;
  reasoning_content?: string;
  tool_calls?: readonly ChatToolCall[];
}

export type ChatPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: "auto" | "low" | "high" } };

export type ChatMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string | readonly ChatPart[] }
  | AssistantMessage
  | { role: "tool"; tool_call_id: string; content: string };

export interface ChatTool {
  type: "function";
  /** The published schema of older models requires all three. */
  function: { name: string; description: string; parameters: object; strict?: boolean };
}

export type ChatToolChoice = "auto" | "none" | "required" | { type: "function"; function: { name: string } };

export type ChatResponseFormat =
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: { name: string; schema: object; strict?: boolean; description?: string } };

export interface ChatInputs {
  messages: readonly ChatMessage[];
  max_tokens: number;
  stream?: true;
  stream_options?: { include_usage: true };
  tools?: readonly ChatTool[];
  tool_choice?: ChatToolChoice;
  parallel_tool_calls?: boolean;
  response_format?: ChatResponseFormat;
  reasoning_effort?: Effort;
  temperature?: number;
  top_p?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  logprobs?: true;
  top_logprobs?: number;
}
