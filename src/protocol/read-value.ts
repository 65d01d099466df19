declare global {
  interface JSON {
    // The "JSON.parse source text access" proposal (stage 4), in V8 since 11.4.
    isRawJSON(value: unknown): boolean;
  }
}

/** A JSON object as parsed: own keys only, also a key that is called `__proto__`. */
export type JsonRecord = Record<string, unknown>;

/** Whether a parsed value is a JSON object. A number kept as `JSON.rawJSON` is an object to JavaScript, and none here. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** The value if it is a string, else `""`. */
export function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value if it is a whole number from 0 up, else `otherwise`. */
export function readCount(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}
