import type { Bindings } from "../bindings.ts";
import type { AnswerEnd, CallRecord } from "../call.ts";
import type { Config } from "../config.ts";
import { countAnswer } from "./count-answer.ts";
import { countError } from "./count-errors.ts";
import { costOfCall, toDollars } from "./prices.ts";
import type { RequestSummary } from "./request-summary.ts";
import { computeToolCost } from "./tool-prices.ts";
import { writeLog } from "./write-log.ts";
import { writeMetrics } from "./write-metrics.ts";

/** What is known of a request when its answer begins. */
export type RequestFacts = Pick<
  RequestSummary,
  "request_id" | "key" | "key_id" | "method" | "transport" | "route" | "mode" | "status" | "error_code" | "ttfb_ms"
>;

/** Whether somebody wants to know what an answer reports at its end: without, its bytes are not looked at. */
export function wantsAnswerEnd({ log }: Config, { METRICS, USAGE }: Bindings): boolean {
  return log === "usage" || METRICS !== undefined || USAGE !== undefined;
}

/** Reports a request that is over, or whose end nobody reads, to the log, the metrics and its key's usage. Never throws. */
export async function reportRequest({
  bindings,
  config,
  record,
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
  const { startedAt, trace, conversions, tools, notStored } = record;
  const { model } = trace;
  const now = Date.now();
  const tokens = end?.tokens;
  const cost = costOfCall(record, { tokens, overrides: config?.prices ?? [] });
  const toolCost = config === undefined ? 0 : computeToolCost(tools, config);
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
    conversions: conversions.count,
    ...tools,
    cost_usd: cost === undefined && toolCost === 0 ? null : toDollars((cost ?? 0) + toolCost),
  };
  if (config?.log !== "off") writeLog(summary);
  if (bindings.METRICS !== undefined) writeMetrics(bindings.METRICS, summary);
  const { request_id: requestId, key_id: owner, error_code: code, status, route } = facts;
  const failure = code === null ? undefined : countError(bindings, { owner: owner ?? undefined, code });
  // Nobody waits for the first byte of a background run.
  const ttfbMs = status === 200 && route !== "background" ? facts.ttfb_ms : undefined;
  if (owner !== null) await countAnswer({ bindings, config, keyName: owner, record, requestId }, { end, ttfbMs });
  await failure;
}
