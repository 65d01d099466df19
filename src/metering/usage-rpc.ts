import type { Tokens } from "../protocol/tokens.ts";
import type { Used } from "./usage-totals.ts";

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
  /** Milliseconds until the first byte of the answer; undefined when nobody waited for one. */
  ttfbMs?: number | undefined;
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

/** What an isolate asks for when its allowance of a key is spent or old. */
export interface AllowanceRequest {
  /** The UTC day. */
  date: string;
  /** The minute of the clock, in minutes since 1970. */
  minute: number;
  /** Requests the key may send in that minute; undefined for a key without such a limit. */
  requestsPerMinute: number | undefined;
  /** How many of them the isolate wants for itself. */
  wanted: number;
}

export interface GrantedAllowance {
  used: Used;
  /** Requests the isolate may let through: nobody else is given them. Fewer than wanted near the limit, then 0. */
  granted: number;
  /** Requests of the minute that nobody was given yet. */
  remaining: number;
}

/** What one key's counter can be asked. */
export interface UsageRpc {
  /** Counts a call of `owner`: whom this counter is named for. Returns what the key has used up to now. */
  count(owner: string, call: CountedCall): Promise<Used>;
  /** Counts failed requests by the codes of their errors. */
  countErrors(owner: string, date: string, errors: Readonly<Record<string, number>>): Promise<void>;
  /** What the key has used, and some of the requests it has left. */
  grant(request: AllowanceRequest): Promise<GrantedAllowance>;
  /** The days from `from` to `to`, both included, oldest first. */
  readRange(from: string, to: string): Promise<UsageRow[]>;
}

/** The binding: a counter for each key, by the key's name, or by the id of a managed key. */
export interface UsageNamespace {
  getByName(key: string): UsageRpc;
}
