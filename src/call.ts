import type { Bindings } from "./bindings.ts";
import type { Config } from "./config.ts";
import type { ApiError } from "./errors.ts";
import type { ResponseEvent } from "./protocol/events.ts";
import type { JsonRecord } from "./protocol/json.ts";
import type { CreateRequest, ServedFields } from "./protocol/request.ts";
import type { Tokens } from "./protocol/tokens.ts";
import type { UpstreamTrace } from "./workers-ai/run.ts";

/** How Workers AI is called. */
export type Mode = Config["mode"];

/** A create request of native mode, as the client wrote it: whatever it holds is passed on. */
export type NativeRequest = ServedFields & { input: string | readonly unknown[] };

/** A create request that fits the schema of its mode. */
export type CheckedRequest =
  | { mode: "native"; document: NativeRequest }
  | {
      mode: "compat";
      document: CreateRequest;
      /** What of it was changed already, for the `warning` header. */
      warnings?: ReadonlySet<string>;
    };

/** What a key may use, as the admin set it. A limit that is null does not hold. */
export interface KeyLimits {
  requests_per_minute: number | null;
  /** Tokens in and out. */
  daily_tokens: number | null;
  monthly_tokens: number | null;
  /** US dollars by the price table. */
  daily_usd: number | null;
  monthly_usd: number | null;
}

export const noLimits: KeyLimits = {
  requests_per_minute: null,
  daily_tokens: null,
  monthly_tokens: null,
  daily_usd: null,
  monthly_usd: null,
};

/** Whose key a request came with, and what he may do. */
export interface Caller {
  /** What owns state and usage: the name of a key in API_KEYS, the id of a managed one. */
  readonly owner: string;
  /** What a person calls the key. */
  readonly name: string;
  /** Full Workers AI names; null for all that the Worker serves. */
  readonly models: readonly string[] | null;
  readonly limits: KeyLimits;
}

/** Who asks, for what, and what is noted down meanwhile: all that answering needs beside the request itself. */
export interface Call {
  readonly bindings: Bindings;
  readonly config: Config;
  /** What owns state and usage: `Caller.owner`. */
  readonly keyName: string;
  /** What the caller's key may use: `Caller.limits`. */
  readonly limits: KeyLimits;
  readonly requestId: string;
  /** Aborts when nobody waits for the answer any more. Every call and every read that answering takes listens to it. */
  readonly signal: AbortSignal;
  readonly record: CallRecord;
  /** Takes room in the isolate's memory, until the answer begins. Absent where no other request waits for it. */
  readonly memory?: { take(bytes: number): void };
}

/** What hosted tools are counted by. */
export type Counted = "searches" | "pages" | "mcp_calls" | "images";

/** How a model's answer ended. */
export interface AnswerEnd {
  /**
   * `whole`: all of it went by. `broken`: upstream stopped before its end, or sent no Response. `client_left`: the
   * client did, and the upstream call was cancelled.
   */
  ending: "whole" | "broken" | "client_left";
  /** The Response as it was then; undefined when there is none, or it is over 16 MiB. */
  response: JsonRecord | undefined;
  /** What it took up to then; undefined when no model was called, or nobody looked. */
  tokens: Tokens | undefined;
  /** Unix milliseconds. */
  endedAt: number;
}

/** What was converted for one call: files, images and recordings that a model of texts can't be given as they are. */
export interface Conversions {
  count: number;
  /** Billionths of a US dollar, of those with a known price. */
  cost: number;
  /** What converted last: a model's full name, or `toMarkdown`. */
  by: string | undefined;
}

/** What is noted down about one call, for the log, the metrics and the answer's headers. */
export interface CallRecord {
  /** When it arrived, in Unix milliseconds. */
  readonly startedAt: number;
  readonly trace: UpstreamTrace;
  /** Requests that reading files and running hosted tools made. Those of the model are in the trace. */
  requests: number;
  /** What hosted tools did, each counted when it was begun: that is what is paid for. */
  readonly tools: Record<Counted, number>;
  /** Files, images and recordings that were converted for it. */
  readonly conversions: Conversions;
  /** Settles when the model's answer has ended; undefined when there is none, or when nobody reads its end. */
  answerEnd: Promise<AnswerEnd> | undefined;
  /** Why the answer is not stored, known when it has ended; undefined when it is, or was not to be. */
  notStored: string | undefined;
  /** Milliseconds until the answer began; undefined until it does. */
  ttfbMs: number | undefined;
  /** The call is counted for its key already. */
  isCounted: boolean;
}

/** What every answer carries beside its body. */
interface AnswerFacts {
  /** Cloudflare's id of the call, for support. */
  upstreamId: string | undefined;
  /** What of the request was left out or changed. */
  warnings: ReadonlySet<string>;
}

/** Upstream's own bytes, which nothing opens unless somebody has to know how they end. */
export interface BytesAnswer extends AnswerFacts {
  kind: "bytes";
  isStream: boolean;
  contentType: string;
  body: ArrayBuffer | ReadableStream<Uint8Array>;
}

/** Events as objects, rendered where they leave. */
export interface EventsAnswer extends AnswerFacts {
  kind: "events";
  /**
   * Batches of events: what is ready at once, never an empty batch. The last batch ends with a terminal event. It never
   * rejects: what fails ends with `error` and `response.failed`.
   */
  events: AsyncIterable<readonly ResponseEvent[]>;
  /** Why the answer failed, known when its events have ended; undefined when it did not. */
  failure: () => ApiError | undefined;
  /** What the answer has taken so far: as upstream counted it, else by estimate. */
  tokens: () => Tokens;
}

/** What a model's answer is to whoever asked. */
export type Answer = BytesAnswer | EventsAnswer;
