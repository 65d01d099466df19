import type { JsonRecord } from "../protocol/read-value.ts";
import { startTrace, type UpstreamTrace } from "../workers-ai/upstream-trace.ts";

/** How the model's answer ended. */
export interface AnswerEnd {
  ending: "whole" | "broken" | "client_left";
  /** The Response it was, when it was whole. */
  response: JsonRecord | undefined;
  /** Unix milliseconds. */
  endedAt: number;
}

/** What is noted down about one request while it is served. */
export interface RequestRecord {
  /** When it arrived, in Unix milliseconds. */
  readonly startedAt: number;
  readonly trace: UpstreamTrace;
  /** Settles when the model's answer has ended; undefined when there is none, or when nobody reads its end. */
  answerEnd: Promise<AnswerEnd> | undefined;
  /** Why the answer is not kept, known when it has ended; undefined when it is, or was not to be. */
  notKept: string | undefined;
}

/** The record of a request that has just arrived. */
export function startRecord(): RequestRecord {
  return { startedAt: Date.now(), trace: startTrace(), answerEnd: undefined, notKept: undefined };
}
