import { fillUsage } from "../protocol/fill-usage.ts";
import type { JsonRecord } from "../protocol/json.ts";

/** What upstream counted for one call. */
export interface Tokens {
  input: number;
  /** Part of `input` that came from a prompt cache. */
  cached: number;
  output: number;
  /** Part of `output` that the model thought with. */
  reasoning: number;
}

/** Reads the tokens a Response reports, under OpenAI's names or Chat Completions'; undefined when it reports none. */
export function readTokens(response: JsonRecord | undefined): Tokens | undefined {
  const usage = fillUsage(response?.["usage"]);
  if (usage === null) return undefined;
  return {
    input: usage.input_tokens,
    cached: usage.input_tokens_details.cached_tokens,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details.reasoning_tokens,
  };
}
