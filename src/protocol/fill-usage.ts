import type { Usage } from "./events.ts";
import { isRecord, readCount } from "./json.ts";

/**
 * Turns an upstream's token counts into a Response's. Chat Completions' names are renamed, missing counts are 0,
 * a missing total is the sum. `null` when upstream counted nothing. Fields it has beyond these are kept.
 *
 *   {"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{…},"completion_tokens_details":{…}}
 *   {"input_tokens":1,"output_tokens":2,"input_tokens_details":{…},"output_tokens_details":{…}}
 */
export function fillUsage(value: unknown): Usage | null {
  if (!isRecord(value)) return null;
  const {
    prompt_tokens,
    completion_tokens,
    prompt_tokens_details,
    completion_tokens_details,
    input_tokens = prompt_tokens,
    output_tokens = completion_tokens,
    input_tokens_details = prompt_tokens_details,
    output_tokens_details = completion_tokens_details,
    total_tokens,
    ...rest
  } = value;
  const input = readCount(input_tokens);
  const output = readCount(output_tokens);
  const ofInput = isRecord(input_tokens_details) ? input_tokens_details : {};
  const ofOutput = isRecord(output_tokens_details) ? output_tokens_details : {};
  return {
    ...rest,
    input_tokens: input,
    input_tokens_details: {
      ...ofInput,
      cached_tokens: readCount(ofInput["cached_tokens"]),
      cache_write_tokens: readCount(ofInput["cache_write_tokens"]),
    },
    output_tokens: output,
    output_tokens_details: { ...ofOutput, reasoning_tokens: readCount(ofOutput["reasoning_tokens"]) },
    total_tokens: readCount(total_tokens, input + output),
  };
}
