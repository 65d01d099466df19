import type { ChatMessage, ChatTool } from "../chat-inputs.ts";
import { estimateMessages, estimatePrompt } from "./estimate-prompt.ts";
import { caution, limitsOf } from "./limit-answer.ts";

/**
 * `truncation: "auto"`: leaves out the oldest messages until the rest fits into the model's context with room for the
 * answer asked for, at most an eighth of the context. The leading system message, the user's last message and the
 * last turn always stay; the outputs of a call go with it.
 */
export function truncateMessages({
  messages,
  tools,
  model,
  answer,
}: {
  messages: readonly ChatMessage[];
  tools: readonly ChatTool[];
  model: string;
  /** Tokens asked for. */
  answer: number;
}): readonly ChatMessage[] {
  const { context } = limitsOf(model);
  let excess = estimatePrompt({ messages, tools }) * caution + Math.min(answer, context / 8) - context;
  if (!(excess > 0)) return messages;

  const costs = estimateMessages(messages);
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  const lastTurn = messages.findLastIndex(({ role }) => role === "user" || role === "assistant");
  const droppedCalls = new Set<string>();
  return messages.filter((message, index) => {
    const isOrphan = message.role === "tool" && droppedCalls.has(message.tool_call_id);
    const mayGo = index < lastTurn && index !== lastUser && (index > 0 || message.role !== "system");
    if (!isOrphan && !(excess > 0 && mayGo)) return true;
    excess -= (costs[index] ?? 0) * caution;
    if (message.role === "assistant") for (const { id } of message.tool_calls ?? []) droppedCalls.add(id);
    return false;
  });
}
