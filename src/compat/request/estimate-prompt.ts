import { estimateTokens } from "../../protocol/estimate-tokens.ts";
import { isRecord } from "../../protocol/json.ts";
import type { AssistantMessage, ChatInputs, ChatMessage, ChatPart, ChatTool } from "../chat-inputs.ts";
import { estimateImage } from "./estimate-image.ts";

/**
 * What gpt-oss's prompt has beside the request's own texts, in tokens: counted in a rendering by the harmony format
 * (cookbook.openai.com/articles/openai-harmony), which agrees with two recorded `prompt_tokens`, 75 and 136 (137).
 */
const overhead = {
  /** The system message the server writes, and the start of the answer. */
  prompt: 63,
  /** A line in the system message, and the frame around the functions. */
  tools: 27,
  /** Start, role, channel and end of a message. */
  message: 4,
  assistantMessage: 6,
  call: 10,
  output: 9,
} as const;

/** Estimates how many tokens the prompt has that the model is given, by `estimateTokens` of each of its texts. */
export function estimatePrompt({ messages, tools = [] }: Pick<ChatInputs, "messages" | "tools">): number {
  const ofTools = tools.map((tool) => estimateTokens(renderTool(tool)));
  return overhead.prompt + (tools.length > 0 ? overhead.tools : 0) + sum(estimateMessages(messages)) + sum(ofTools);
}

/** Estimates each message's part of the prompt. */
export function estimateMessages(messages: readonly ChatMessage[]): number[] {
  // Reasoning of earlier turns is not rendered: from the last answer on, it is.
  const lastAnswer = messages.findLastIndex(isAnswer);
  return messages.map((message, index) => estimateMessage(message, index > lastAnswer));
}

function isAnswer(message: ChatMessage): boolean {
  return message.role === "assistant" && message.content !== "" && message.tool_calls === undefined;
}

function estimateMessage(message: ChatMessage, isReasoningRendered: boolean): number {
  switch (message.role) {
    case "system":
      return overhead.message + estimateTokens(message.content);
    case "user":
      return overhead.message + estimateContent(message.content);
    case "tool":
      return overhead.output + estimateTokens(message.content);
    case "assistant":
      return estimateTurn(message, isReasoningRendered);
    default:
      return message satisfies never;
  }
}

function estimateContent(content: string | readonly ChatPart[]): number {
  if (typeof content === "string") return estimateTokens(content);
  return sum(content.map((part) => (part.type === "text" ? estimateTokens(part.text) : estimateImage(part))));
}

function estimateTurn({ content, reasoning, tool_calls = [] }: AssistantMessage, isReasoningRendered: boolean): number {
  const texts = [content, isReasoningRendered ? (reasoning ?? "") : ""].filter((text) => text !== "");
  const calls = tool_calls.map((call) => estimateTokens(call.function.name) + estimateTokens(call.function.arguments));
  return (
    sum(texts.map((text) => overhead.assistantMessage + estimateTokens(text))) +
    sum(calls.map((n) => overhead.call + n))
  );
}

/** Tools are shown to the model as TypeScript types. */
function renderTool({ function: { name, description, parameters } }: ChatTool): string {
  return `// ${description}\ntype ${name} = (_: ${renderSchema(parameters, maxSchemaDepth)}) => any;\n\n`;
}

const maxSchemaDepth = 32;

function renderSchema(schema: unknown, depth: number): string {
  if (!isRecord(schema) || depth === 0) return "any";
  const { type, enum: values, anyOf, properties, items } = schema;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(anyOf)) return anyOf.map((alternative) => renderSchema(alternative, depth - 1)).join(" | ");
  if (Array.isArray(type)) return type.map((name) => JSON.stringify(name)).join(" | ");
  if (type === "array") return `${renderSchema(items, depth - 1)}[]`;
  if (type !== "object") return typeof type === "string" ? type : "any";
  const fields = Object.entries(isRecord(properties) ? properties : {}).map(([name, property]) => {
    const description =
      isRecord(property) && typeof property["description"] === "string" ? property["description"] : "";
    return `${description === "" ? "" : `// ${description}\n`}${name}?: ${renderSchema(property, depth - 1)},\n`;
  });
  return `{\n${fields.join("")}}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
