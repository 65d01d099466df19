/**
 * One request, as it is logged: who called what, and what became of it. Never a word of what was asked or answered.
 * `null` is what is not known or does not apply, so that every line has the same keys.
 */
export interface LogLine {
  /** The answer's `x-request-id`. */
  request_id: string;
  /** Name of the caller's key; null for a caller that gave none that is known. */
  key: string | null;
  method: string;
  /** Pattern of the route, or `unmatched`. */
  route: string;
  mode: string | null;
  /** Full name of the model called last; null when none was called. */
  model: string | null;
  status: number;
  error_code: string | null;
  /** Cloudflare's id of the call, for support. */
  upstream_id: string | null;
  /** Calls of the model, retries and fallbacks included. */
  upstream_calls: number;
  /** Milliseconds from the request's arrival until its answer began, and how many of them were upstream's. */
  ttfb_ms: number;
  upstream_ms: number;
}

/** Longest text of a line: what a stranger can choose (a method, an id) must not make it long. */
const maxLength = 256;

/** Writes a request as one line of JSON. Whatever a caller sent stays inside its JSON string, on that line. */
export function writeLog(line: LogLine): void {
  console.log(JSON.stringify({ event: "request", ...line }, toPlainText));
}

/** JSON leaves the line ends U+2028 and U+2029, and everything that reorders or hides text, as they are. */
function toPlainText(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.slice(0, maxLength).replaceAll(/[^\u0020-\u007e]/g, "?") : value;
}
