/**
 * One request: who called what, and what became of it. Never a word of what was asked or answered. This is the line in
 * the log, and what the metrics are made of. `null` is what is not known or does not apply.
 */
export interface RequestSummary {
  /** The answer's `x-request-id`. */
  request_id: string;
  /** Name of the caller's key; null for a caller that gave none that is known. */
  key: string | null;
  /** What owns its state and usage: the id of a managed key, the name of another. */
  key_id: string | null;
  /** `response.create` for a turn of a WebSocket. */
  method: string;
  /** `websocket`: a turn, or with status 101 the request that opened the connection. */
  transport: "http" | "websocket";
  /** Pattern of the route, or `unmatched`. */
  route: string;
  mode: string | null;
  /** Full name of the model called last; null when none was called. */
  model: string | null;
  status: number;
  error_code: string | null;
  /** How the model's answer ended: `whole`, `broken` or `client_left`; null when there was none or nobody looked. */
  ending: string | null;
  /**
   * Why what should have been kept of the answer was not when the answer ended, as `response_not_stored` or
   * `conversation_not_continued` says it, or `late`: it may be kept since. Null when it is kept, or was not to be.
   */
  not_stored: string | null;
  /** Cloudflare's id of the call, for support. */
  upstream_id: string | null;
  /** Calls of the model, retries and fallbacks included. */
  upstream_calls: number;
  /** Milliseconds from the request's arrival until its answer began, and how many of them were upstream's. */
  ttfb_ms: number;
  upstream_ms: number;
  /** Milliseconds from the request's arrival to the last byte of its answer. */
  duration_ms: number | null;
  /** As upstream reported them, or as `tokens_estimated` says. */
  input_tokens: number | null;
  cached_tokens: number | null;
  reasoning_tokens: number | null;
  output_tokens: number | null;
  /** Whether the tokens are this Worker's estimate, since upstream counted none before the answer ended. */
  tokens_estimated: boolean | null;
  /** Files, images and recordings that were converted for the model. */
  conversions: number;
  /** What hosted tools did: searches, pages opened, calls of MCP servers, images made. */
  searches: number;
  pages: number;
  mcp_calls: number;
  images: number;
  /** US dollars, by the price table: the model's tokens, conversions and tools. */
  cost_usd: number | null;
}
