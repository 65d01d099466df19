import type { AnswerEnd, Call } from "../call.ts";
import type { Config } from "../config.ts";
import { costOfCall } from "./prices.ts";
import { countUsage, toDate } from "./spend-allowance.ts";

/**
 * Counts what a call took for its key: once, whoever comes first, and not at all when no model was called and nothing
 * converted, or nothing is bound that counts. Never throws: what could not be counted is a line in the log.
 */
export async function countAnswer(
  {
    bindings: { USAGE: usage },
    config,
    keyName: owner,
    record,
    requestId,
  }: Pick<Call, "bindings" | "keyName" | "record" | "requestId"> & { config: Config | undefined },
  { end, ttfbMs }: { end: AnswerEnd | undefined; ttfbMs: number | undefined },
): Promise<void> {
  // What was converted is paid for, also where no model was asked then.
  const model = record.trace.model ?? record.conversions.by;
  if (usage === undefined || model === undefined || record.isCounted) return;
  record.isCounted = true;
  const tokens = end?.tokens;
  const cost = costOfCall(record, { tokens, overrides: config?.prices ?? [] });
  const date = toDate(end?.endedAt ?? Date.now());
  const succeeded = end?.ending === "whole" && end.response?.["status"] !== "failed";
  try {
    await countUsage({ usage, owner }, { date, model, succeeded, tokens, cost, ttfbMs });
  } catch {
    // Counting it again could count it twice. The line tells what is missing.
    const missing = { input_tokens: tokens?.input ?? null, output_tokens: tokens?.output ?? null };
    console.error(JSON.stringify({ event: "usage_not_counted", request_id: requestId, key: owner, ...missing }));
  }
}
