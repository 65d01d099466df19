import { isObject, objectsOf, type JsonObject } from "./json-object.ts";
import { type Attachment, readImages, splitAttachments } from "./read-attachments.ts";
import { readResult, type ToolResult } from "./read-result.ts";
import {
  readFormat,
  readToolChoice,
  readTools,
  type FunctionTool,
  type TextFormat,
  type ToolChoice,
} from "./read-tools.ts";
import { estimateTokens } from "./tokens.ts";

export type Branch = "responses" | "chat";

/** What the stand-in understands of a request, the same for both branches of the model. */
export interface ModelRequest {
  branch: Branch;
  model: string;
  /** As received. The Responses answer repeats many of its fields. */
  inputs: JsonObject;
  /** Text of the last user message, without what came with it. */
  userText: string;
  /** The files, images and recordings that came with it. */
  attachments: Attachment[];
  messageCount: number;
  /** What tools answered since the last user message. */
  toolOutputs: ToolResult[];
  tools: FunctionTool[];
  toolChoice: ToolChoice;
  parallelCalls: boolean;
  format: TextFormat;
  effort: "low" | "medium" | "high";
  /** Tokens the answer may have, reasoning included. */
  maxOutputTokens: number;
  inputTokens: number;
  stream: boolean;
}

/** gpt-oss's window as vLLM reports it: `max_output_tokens` defaults to it less the prompt. */
const contextTokens = 131_072;

/**
 * Workers AI's default for the chat branch. Clients that send no limit get their answers cut there, so the stand-in cuts them too.
 * https://developers.cloudflare.com/workers-ai/models/gpt-oss-20b/
 */
const chatMaxTokens = 256;

/** Reads the inputs of `env.AI.run`; undefined when they belong to neither branch. Never throws: a field of a wrong type counts as absent. */
export function readRequest(model: string, inputs: JsonObject): ModelRequest | undefined {
  const branch = readBranch(inputs);
  if (branch === undefined) return undefined;
  const items = branch === "chat" ? objectsOf(inputs["messages"]) : readItems(inputs["input"]);
  const lastUser = items.findLastIndex((item) => item["role"] === "user");
  const inputTokens =
    estimateTokens(branch === "chat" ? inputs["messages"] : inputs["input"]) +
    estimateTokens(inputs["instructions"]) +
    estimateTokens(inputs["tools"]);
  const { tools, toolChoice } = readToolChoice(inputs["tool_choice"], readTools(inputs["tools"]));
  const content = items[lastUser]?.["content"];
  const { text: userText, attachments } = splitAttachments(readText(content));
  return {
    branch,
    model,
    inputs,
    userText,
    attachments: [...attachments, ...readImages(content)],
    messageCount: items.filter((item) => typeof item["role"] === "string" && item["role"] !== "tool").length,
    toolOutputs: items
      .slice(lastUser + 1)
      .flatMap(readToolOutput)
      .map(readResult),
    tools,
    toolChoice,
    parallelCalls: inputs["parallel_tool_calls"] !== false,
    format: readFormat(branch === "chat" ? inputs["response_format"] : textFormat(inputs["text"])),
    effort: readEffort(inputs),
    maxOutputTokens: readLimit(inputs, branch) ?? (branch === "chat" ? chatMaxTokens : contextTokens - inputTokens),
    inputTokens,
    stream: inputs["stream"] === true,
  };
}

function readBranch(inputs: JsonObject): Branch | undefined {
  if (typeof inputs["input"] === "string" || Array.isArray(inputs["input"])) return "responses";
  return Array.isArray(inputs["messages"]) ? "chat" : undefined;
}

function readItems(input: unknown): JsonObject[] {
  return typeof input === "string" ? [{ role: "user", content: input }] : objectsOf(input);
}

/** Content is a string, or parts of which those with a `text` count. */
function readText(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsOf(content)
    .map((part) => part["text"])
    .filter((text) => typeof text === "string")
    .join("\n");
}

function readToolOutput(item: JsonObject): string[] {
  if (item["type"] === "function_call_output") return [readText(item["output"])];
  return item["role"] === "tool" ? [readText(item["content"])] : [];
}

function textFormat(text: unknown): unknown {
  return isObject(text) ? text["format"] : undefined;
}

function readEffort(inputs: JsonObject): ModelRequest["effort"] {
  const reasoning = inputs["reasoning"];
  const effort = (isObject(reasoning) ? reasoning["effort"] : undefined) ?? inputs["reasoning_effort"];
  return effort === "low" || effort === "high" ? effort : "medium";
}

function readLimit(inputs: JsonObject, branch: Branch): number | undefined {
  const names = branch === "chat" ? ["max_completion_tokens", "max_tokens"] : ["max_output_tokens"];
  const limit = names.map((name) => inputs[name]).find((value) => typeof value === "number");
  return typeof limit === "number" ? Math.max(0, Math.floor(limit)) : undefined;
}
