import { estimateTokens } from "./estimate-tokens.ts";
import { fillUsage } from "./fill-usage.ts";
import { isRecord, type JsonRecord, readText } from "./json.ts";

/** What one call of a model took. */
export interface Tokens {
  input: number;
  /** Part of `input` that came from a prompt cache. */
  cached: number;
  output: number;
  /** Part of `output` that the model thought with. */
  reasoning: number;
  /** This Worker's own estimate, where upstream counted nothing: by `estimateTokens`. */
  estimated: boolean;
}

/** Reads a usage under OpenAI's names or Chat Completions'; undefined when there is none. */
export function readTokens(reported: unknown): Tokens | undefined {
  const usage = fillUsage(reported);
  if (usage === null) return undefined;
  return {
    input: usage.input_tokens,
    cached: usage.input_tokens_details.cached_tokens,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details.reasoning_tokens,
    estimated: false,
  };
}

/** An estimate of `input` and `output` tokens. */
export function estimated({ input, output }: { input: number; output: number }): Tokens {
  return { input, cached: 0, output, reasoning: 0, estimated: true };
}

/** Estimates the tokens of what a request gives the model: its texts, wherever they stand. */
export function estimateInput({ instructions, input, tools }: JsonRecord): number {
  return [instructions, input, tools].reduce<number>((sum, value) => sum + estimateValue(value), 0);
}

/** Estimates the tokens of output items: their texts, arguments and reasoning. */
export function estimateOutput(output: unknown): number {
  return (Array.isArray(output) ? output : []).filter(isRecord).reduce<number>((sum, item) => {
    const parts = [item["content"]]
      .flat()
      .map((part) => (isRecord(part) ? readText(part["text"] ?? part["refusal"]) : ""));
    const texts = [...parts, readText(item["arguments"]), readText(item["input"]), readText(item["name"])];
    return sum + texts.reduce((tokens, text) => tokens + estimateTokens(text), 0);
  }, 0);
}

function estimateValue(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return estimateTokens(typeof value === "string" ? value : JSON.stringify(value));
}
