import type { Bindings, Config } from "../config.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import type { UpstreamTrace } from "../workers-ai/upstream-trace.ts";

/** A checked create request with all that answering it needs, independent of the HTTP call it came by. */
export interface AnswerableRequest {
  bindings: Bindings;
  config: Config;
  document: CreateRequest;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Name of the caller's key. */
  keyName: string;
  /** Where `runModel` writes down what happened upstream. */
  trace: UpstreamTrace;
  /** Of a background run: the id that its client knows. An answer that is made here is made under it. */
  responseId?: string;
}
