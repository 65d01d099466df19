/**
 * Turns what `wrangler dev` writes into what a person wants to read: a request's line of JSON becomes a short one, and
 * what means nothing here is left out (undefined).
 */
export function renderLine(line: string): string | undefined {
  if (line.startsWith('{"event":"request"')) return renderRequest(line);
  return isNoise(line) ? undefined : line;
}

/** `POST /v1/responses  200  412 ms  tokens 1000 in, 50 out`. */
function renderRequest(line: string): string {
  let request: Record<string, unknown>;
  try {
    request = Object(JSON.parse(line));
  } catch {
    return line;
  }
  const { method, route, status, duration_ms, ttfb_ms, input_tokens, output_tokens, error_code } = request;
  const parts = [
    `${String(method)} ${String(route)}`,
    String(status),
    `${String(duration_ms ?? ttfb_ms)} ms`,
    ...(typeof output_tokens === "number" ? [`tokens ${String(input_tokens)} in, ${output_tokens} out`] : []),
    ...(typeof error_code === "string" ? [error_code] : []),
  ];
  return `  ${parts.join("  ")}`;
}

/** Lines about a request that has its own, about Cloudflare's network, the deployed types and the open door; empty ones. */
function isNoise(line: string): boolean {
  return (
    line.trim() === "" ||
    line.includes('"event":"auth_none"') ||
    /^\[wrangler:info\] (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /.test(line) ||
    line.includes("Unable to fetch the `Request.cf` object") ||
    /^Error: (getaddrinfo|connect) .*/.test(line) ||
    /^ {4}at \w+.*\(node:/.test(line) ||
    line.includes("Your types might be out of date")
  );
}
