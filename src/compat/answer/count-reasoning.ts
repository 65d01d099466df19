import { isRecord, type JsonRecord, readCount } from "../../protocol/json.ts";

/**
 * Fills in how many tokens of an answer were reasoning, where upstream does not count them apart: `estimate`, but never
 * more than the whole answer. Upstream's own count stands.
 *
 *   {"completion_tokens":37,"completion_tokens_details":{"reasoning_tokens":0}}
 */
export function countReasoning(usage: JsonRecord, estimate: number): JsonRecord {
  const { completion_tokens: whole, completion_tokens_details: given } = usage;
  const details = isRecord(given) ? given : {};
  if (estimate === 0 || readCount(details["reasoning_tokens"]) > 0) return usage;
  const reasoning_tokens = Math.min(estimate, readCount(whole));
  return { ...usage, completion_tokens_details: { ...details, reasoning_tokens } };
}
