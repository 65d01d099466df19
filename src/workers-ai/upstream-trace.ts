/** What one request did upstream: filled in by `runModel` as it happens, so that a failure leaves it behind too. */
export interface UpstreamTrace {
  /** Calls made, retries and fallbacks included. */
  calls: number;
  /** Full name of the model called last. */
  model: string | undefined;
  /** That model when it is not the one asked for. */
  fallbackModel: string | undefined;
  /** Cloudflare's id of the last call that had one, for support. */
  upstreamId: string | undefined;
  /** Milliseconds from the first call to the first byte of the answer, or to its failure. */
  waitedMs: number;
}

/** A trace of nothing yet. */
export function startTrace(): UpstreamTrace {
  return { calls: 0, model: undefined, fallbackModel: undefined, upstreamId: undefined, waitedMs: 0 };
}
