import type { RequestSummary } from "./request-summary.ts";

/** Longest text of a line: what a stranger can choose (a method, an id) must not make it long. */
const maxLength = 256;

/** Writes a request as one line of JSON. Whatever a caller sent stays inside its JSON string, on that line. */
export function writeLog(summary: RequestSummary): void {
  console.log(JSON.stringify({ event: "request", ...summary }, toPlainText));
}

/** JSON leaves the line ends U+2028 and U+2029, and everything that reorders or hides text, as they are. */
function toPlainText(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.slice(0, maxLength).replaceAll(/[^\u0020-\u007e]/g, "?") : value;
}
