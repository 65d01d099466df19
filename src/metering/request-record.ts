import { startTrace, type UpstreamTrace } from "../workers-ai/upstream-trace.ts";

/** What is noted down about one request while it is served. */
export interface RequestRecord {
  /** When it arrived, in Unix milliseconds. */
  readonly startedAt: number;
  readonly trace: UpstreamTrace;
}

/** The record of a request that has just arrived. */
export function startRecord(): RequestRecord {
  return { startedAt: Date.now(), trace: startTrace() };
}
