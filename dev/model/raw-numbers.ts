import { isObject } from "./json-object.ts";

/*
 * Numbers a double can't hold reach the binding as `JSON.rawJSON`. Crossing the RPC boundary to the stand-in turns them into plain
 * objects `{rawJSON:"9007199254740993"}`. A client's own object of that very shape is mistaken for a number.
 */

/** Writes JSON with those numbers as the client wrote them. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    const text = rawNumber(inner);
    return text === undefined ? inner : JSON.rawJSON(text);
  });
}

/** Copies a value with those numbers rounded to doubles. */
export function roundNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(roundNumbers);
  if (!isObject(value)) return value;
  const text = rawNumber(value);
  if (text !== undefined) return Number(text);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roundNumbers(inner)]));
}

function rawNumber(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const text = value["rawJSON"];
  return typeof text === "string" && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/iu.test(text) ? text : undefined;
}

declare global {
  interface JSON {
    /** Not yet in TypeScript's library. https://github.com/tc39/proposal-json-parse-with-source */
    rawJSON(text: string): object;
  }
}
