/**
 * JSON that keeps its numbers: what a native request sends upstream must be what the client wrote, also where a double
 * can't hold it. Used by native mode only.
 */
declare global {
  interface JSON {
    // The "JSON.parse source text access" proposal (stage 4), in V8 since 11.4.
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/**
 * Turns JSON text into a value that `JSON.stringify` turns back into the same numbers.
 * @throws {SyntaxError} for anything else
 */
export function parseExact(source: string): unknown {
  if (!mayLosePrecision.test(source)) return JSON.parse(source);
  const value = JSON.parse(source, keepNumber);
  // No document is a number: one that is all there is must not look like an object.
  return isExactNumber(value) ? Number(source) : value;
}

/** Whether a value is a number kept as it is written, which to JavaScript is an object. */
export function isExactNumber(value: unknown): boolean {
  return JSON.isRawJSON(value);
}

/**
 * Numbers a double may not hold: 16 or more digits, or an exponent of three digits. A text that only looks like one
 * costs the slower parse, three times as much: so not in the middle of a word, where the hex digits of an id such as
 * `msg_12e345…` look like one. `\d` first, and what is before it looked back at: V8 finds that eight times as fast.
 */
const mayLosePrecision = /(?<=^|[\s,:[]-?)\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})/;

/** Keeps the source text of a number that a double would change, such as 12345678901234567890. */
function keepNumber(_key: string, value: unknown, context: { source?: string }): unknown {
  const { source } = context;
  if (typeof value !== "number" || source === undefined || source === String(value)) return value;
  return JSON.rawJSON(source);
}
