import type { ChatInputs, ChatTool } from "../chat-inputs.ts";
import { estimatePrompt } from "./estimate-prompt.ts";

/** What a model holds, in tokens. */
interface Limits {
  /** Prompt and answer together. */
  context: number;
  /** Of an answer to a request that names no bound. */
  answer: number;
}

/**
 * gpt-oss: developers.cloudflare.com/workers-ai/models/gpt-oss-20b. Reasoning counts as answer and alone can take
 * 20,000 tokens at high effort, so the default is generous; it is a bound, and costs nothing by itself.
 */
const gptOss: Limits = { context: 128_000, answer: 32_768 };

/** Of another model nothing is known, and upstream refuses a bound that its context can't hold. */
const otherModel: Limits = { context: Infinity, answer: 4_096 };

/** The estimate of a prompt can be this much too low. */
export const caution = 1.15;

/** Least that is asked for, however full the context is: upstream then says that it is too full. */
const least = 1_024;

/** What `model`, a full Workers AI name, holds. */
export function limitsOf(model: string): Limits {
  return /\/gpt-oss-\d+b$/.test(model) ? gptOss : otherModel;
}

/** Tokens of an answer that the client asked for, or else the default. */
export function wantedAnswer(model: string, asked: number | null | undefined): number {
  return asked ?? limitsOf(model).answer;
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
  messages: ChatInputs["messages"];
  tools: readonly ChatTool[];
}): number {
  const { context } = limitsOf(model);
  if (context === Infinity) return answer;
  const room = context - Math.ceil(estimatePrompt({ messages, tools }) * caution);
  return Math.min(answer, Math.max(least, room));
}
