import type { AnswerEnd, CallRecord } from "../call.ts";
import type { Bindings, Config } from "../config.ts";
import { countUsage } from "./count-usage.ts";
import { computeCost, toDollars } from "./prices.ts";
import type { RequestSummary } from "./request-summary.ts";
import { writeLog } from "./write-log.ts";
import { writeMetrics } from "./write-metrics.ts";

/** What is known of a request when its answer begins. */
export type RequestFacts = Pick<
  RequestSummary,
  "request_id" | "key" | "method" | "route" | "mode" | "status" | "error_code" | "ttfb_ms"
>;

/** Whether somebody wants to know what an answer reports at its end: without, its bytes are not looked at. */
export function wantsAnswerEnd({ log }: Config, { METRICS, USAGE }: Bindings): boolean {
  return log === "usage" || METRICS !== undefined || USAGE !== undefined;
}

/** Reports a request that is over, or whose end nobody reads, to the log, the metrics and its key's usage. Never throws. */
export async function reportRequest({
  bindings,
  config,
  record: { startedAt, trace, notStored },
  facts,
  end,
}: {
  bindings: Bindings;
  /** Undefined when it is wrong: the log has to say so. */
  config: Config | undefined;
  record: CallRecord;
  facts: RequestFacts;
  end: AnswerEnd | undefined;
}): Promise<void> {
  const { model } = trace;
  const now = Date.now();
  const tokens = end?.tokens;
  const cost =
    tokens === undefined || model === undefined
      ? undefined
      : computeCost({ model, tokens, overrides: config?.prices ?? [] });
  const answering = facts.status === 200 && model !== undefined;
  const summary: RequestSummary = {
    ...facts,
    model: model ?? null,
    ending: end?.ending ?? null,
    not_stored: notStored ?? null,
    upstream_id: trace.upstreamId ?? null,
    upstream_calls: trace.calls,
    upstream_ms: trace.waitedMs,
    duration_ms: end === undefined && answering ? null : Math.max((end?.endedAt ?? now) - startedAt, facts.ttfb_ms),
    input_tokens: tokens?.input ?? null,
    cached_tokens: tokens?.cached ?? null,
    reasoning_tokens: tokens?.reasoning ?? null,
    output_tokens: tokens?.output ?? null,
    tokens_estimated: tokens?.estimated ?? null,
    cost_usd: cost === undefined ? null : toDollars(cost),
  };
  if (config?.log !== "off") writeLog(summary);
  if (bindings.METRICS !== undefined) writeMetrics(bindings.METRICS, summary);
  if (bindings.USAGE === undefined || model === undefined || facts.key === null) return;
  try {
    const date = new Date(end?.endedAt ?? now).toISOString().slice(0, 10);
    const call = {
      date,
      model,
      succeeded: end?.ending === "whole" && end.response?.["status"] !== "failed",
      tokens,
      cost,
    };
    await countUsage({ usage: bindings.USAGE, key: facts.key, call });
  } catch {
    // Counting it again could count it twice. The line tells what is missing.
    const { request_id, key, input_tokens, output_tokens } = summary;
    console.error(JSON.stringify({ event: "usage_not_counted", request_id, key, input_tokens, output_tokens }));
  }
}
