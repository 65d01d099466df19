import type { Tokens } from "../protocol/tokens.ts";

/** One call of the model, as it is counted. */
export interface CountedCall {
  /** The UTC day it ended on, such as `2026-11-23`. */
  date: string;
  /** Full name of the model called last. */
  model: string;
  /** Whether the caller got a whole answer. */
  succeeded: boolean;
  /** What upstream reported; undefined when it reported nothing. */
  tokens: Tokens | undefined;
  /** Billionths of a US dollar; undefined when the model has no known price. */
  cost: number | undefined;
}

/** All calls of one model on one day. */
export interface UsageRow {
  date: string;
  model: string;
  requests: number;
  failed_requests: number;
  /** Requests upstream reported no tokens for: failed ones, most of them. */
  unreported_requests: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** Billionths of a US dollar, without the calls counted in `unpriced_requests`. */
  cost: number;
  /** Requests with tokens whose model had no known price. */
  unpriced_requests: number;
}

/** What one key's counter can be asked. */
export interface UsageRpc {
  /** Counts a call. Returns the input and output tokens of its day up to now. */
  count(call: CountedCall): Promise<number>;
  /** Input and output tokens of a day. */
  readDay(date: string): Promise<number>;
  /** The days from `from` to `to`, both included, oldest first. */
  readRange(from: string, to: string): Promise<UsageRow[]>;
}

/** The binding: a counter for each key, by the key's name. */
export interface UsageNamespace {
  getByName(key: string): UsageRpc;
}
