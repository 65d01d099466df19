import { invalidRequest } from "../errors.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { type JsonRecord, isRecord } from "../protocol/read-value.ts";

/**
 * Deepest nesting of arrays and objects that is accepted. Real requests stay under 30; past some
 * thousands `JSON.stringify` overflows the stack when the document is sent on.
 */
const maxDepth = 1_000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a request body as the JSON object it must be.
 * Throws 400 for anything that is not UTF-8 (RFC 8259 section 8.1, no byte order mark), not JSON, not an object, or
 * nested deeper than `maxDepth`.
 */
export function readJsonObject(body: ArrayBuffer): JsonRecord {
  const source = decode(body);
  if (source.trim() === "") throw invalidJson("The request body is empty. Send a JSON object with an `input`.");
  // A text of no more brackets than that can't nest deeper. Most requests are such, and counting is far cheaper.
  if (countBrackets(source) > maxDepth && depthOf(source) > maxDepth) {
    throw invalidRequest({
      code: "nesting_too_deep",
      message: `The request body nests deeper than ${maxDepth} levels.`,
    });
  }
  const value = parse(source);
  if (!isRecord(value)) throw invalidJson("The request body must be a JSON object.");
  return value;
}

function decode(body: ArrayBuffer): string {
  let source: string;
  try {
    source = decoder.decode(body);
  } catch {
    throw invalidJson("The request body is not valid UTF-8.");
  }
  if (source.startsWith("\uFEFF")) throw invalidJson("The request body starts with a byte order mark. Leave it out.");
  return source;
}

function parse(source: string): unknown {
  try {
    return parseJson(source);
  } catch {
    throw invalidJson("The request body is not valid JSON.");
  }
}

/** How many brackets open in a text, those in its strings included; counting ends past `maxDepth`. */
function countBrackets(source: string): number {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = source.indexOf(bracket); at !== -1 && count <= maxDepth; at = source.indexOf(bracket, at + 1))
      count++;
  }
  return count;
}

/** Depth of nesting of a text that may be JSON, found without parsing it: strings are jumped over. */
function depthOf(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < source.length; index++) {
    switch (source.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(source, index);
        break;
      case 0x5b: // [
      case 0x7b: // {
        deepest = Math.max(deepest, ++depth);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return deepest;
}

/** Index of the quote that ends the string opened at `start`, or the end of the text. */
function endOfString(source: string, start: number): number {
  let end = source.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (source.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = source.indexOf('"', end + 1);
  }
  return source.length;
}

function invalidJson(message: string) {
  return invalidRequest({ code: "invalid_json", message });
}
