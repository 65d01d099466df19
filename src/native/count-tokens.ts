import type { NativeRequest } from "../call.ts";
import { isRecord } from "../protocol/json.ts";
import { estimated, estimateInput, estimateOutput, readTokens, type Tokens } from "../protocol/tokens.ts";

/**
 * What a native call took: as upstream counted it in its Response, else by estimate. `unseen`: output tokens
 * counted from deltas, which no item shows.
 */
export function countTokens(response: unknown, request: NativeRequest, unseen = 0): Tokens {
  const { usage, output } = isRecord(response) ? response : {};
  return (
    readTokens(usage) ?? estimated({ input: estimateInput(request), output: Math.max(estimateOutput(output), unseen) })
  );
}
