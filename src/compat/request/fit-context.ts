import { describeModel } from "../../workers-ai/models.ts";
import type { ChatMessage, ChatTool } from "../chat-inputs.ts";
import { estimateMessages, estimatePrompt } from "./estimate-prompt.ts";

/** The estimate of a prompt can be this much too low. */
const caution = 1.15;

/** Least that is asked for, however full the context is: upstream then says that it is too full. */
const leastAnswer = 1_024;

/** Tokens of an answer that the client asked for, or else the model's default; no more than the model can write. */
export function wantedAnswer(model: string, asked: number | null | undefined): number {
  const { defaultAnswer, longestAnswer } = describeModel(model);
  return Math.min(asked ?? defaultAnswer, longestAnswer);
}

/**
 * The `max_tokens` to send: the answer that is wanted, but no more than the context has room for
 * beside the prompt, since upstream refuses the sum and not the prompt. It is always sent: the chat branch's own
 * default of 256 cuts answers off.
 */
export function limitAnswer({
  model,
  answer,
  messages,
  tools,
}: {
  model: string;
  /** Tokens wanted, see `wantedAnswer`. */
  answer: number;
  messages: readonly ChatMessage[];
  tools: readonly ChatTool[];
}): number {
  const { context } = describeModel(model);
  if (context === Infinity) return answer;
  const room = context - Math.ceil(estimatePrompt({ messages, tools }) * caution);
  return Math.min(answer, Math.max(leastAnswer, room));
}

/** Whether a prompt leaves room in the model's context for the least answer. */
export function fitsContext({
  model,
  messages,
  tools,
}: {
  model: string;
  messages: readonly ChatMessage[];
  tools: readonly ChatTool[];
}): boolean {
  return estimatePrompt({ messages, tools }) * caution + leastAnswer <= describeModel(model).context;
}

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
  const { context } = describeModel(model);
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
