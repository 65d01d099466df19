/** A JSON object as parsed. */
export type JsonRecord = Record<string, unknown>;

/** Whether a parsed value is a JSON object. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is a string, else `""`. */
export function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value if it is a whole number from 0 up, else `otherwise`. */
export function readCount(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

/** The value of a JSON text, undefined when it is not JSON. */
export function tryParse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** The JSON object that a text is, undefined when it is anything else. */
export function parseRecord(source: string): JsonRecord | undefined {
  const value = tryParse(source);
  return isRecord(value) ? value : undefined;
}

/** A copy of an object without its fields that are null. */
export function withoutNulls(fields: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
