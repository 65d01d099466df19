import { invalidRequest } from "../errors.ts";
import { type JsonRecord, isRecord } from "../protocol/json.ts";

/**
 * Deepest nesting of arrays and objects that is accepted. Real requests stay under 30; past some
 * thousands `JSON.stringify` overflows the stack when the document is sent on.
 */
export const maxDepth = 1_000;

/**
 * Most values a document may hold. The recorded requests of clients stay under 3,000. 16 MB of `{},` would parse into 300
 * MB of objects, more than an isolate's memory.
 */
const maxValues = 250_000;

/** Turns JSON text into a value. */
type Parse = (source: string) => unknown;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads bytes as the JSON object they must be; `parse` turns their text into a value.
 * @throws {ApiError} 400 for anything that is not UTF-8 (RFC 8259 section 8.1, no byte order mark), not JSON, not an
 * object, nested deeper than `maxDepth` or of more than `maxValues` values
 */
export function readJsonObject(body: ArrayBuffer, parse: Parse = JSON.parse): JsonRecord {
  return readJsonText(decode(body), { parse, what: "request body" });
}

/** The same for a text; `what` is what messages call it. */
export function readJsonText(source: string, { parse, what }: { parse: Parse; what: string }): JsonRecord {
  if (source.startsWith("\uFEFF")) throw invalidJson(`The ${what} starts with a byte order mark. Leave it out.`);
  if (source.trim() === "") throw invalidJson(`The ${what} is empty. Send a JSON object with an \`input\`.`);
  const brackets = count(source, "{[", maxValues);
  if (brackets + count(source, ",", maxValues) >= maxValues) refuseTooManyValues(source, what);
  const value = parseOrRefuse(source, { parse, what });
  if (brackets > maxDepth && isDeeper(value, maxDepth)) throw nestsTooDeep(what);
  if (!isRecord(value)) throw invalidJson(`The ${what} must be a JSON object.`);
  return value;
}

/** Bounds what parsing may make. Most texts have too few brackets and commas to be looked at closer. */
function refuseTooManyValues(source: string, what: string): void {
  const { depth, values } = measure(source);
  if (depth > maxDepth) throw nestsTooDeep(what);
  if (values > maxValues) {
    throw invalidRequest({
      code: "too_many_values",
      message: `The ${what} holds more than ${maxValues} JSON values.`,
    });
  }
}

/** Whether arrays and objects nest deeper than `most` levels. Values are fewer than characters: no text is looked at. */
function isDeeper(value: unknown, most: number): boolean {
  let level = containersOf([value]);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((container) => containersOf(Object.values(container)));
  }
  return false;
}

function containersOf(values: readonly unknown[]): object[] {
  return values.filter((value) => typeof value === "object" && value !== null);
}

/** Whether parsing a text would make more values than one document may hold. */
export function hasTooManyValues(source: string): boolean {
  return count(source, ",", maxValues) >= maxValues && measure(source).values > maxValues;
}

function decode(body: ArrayBuffer): string {
  try {
    return decoder.decode(body);
  } catch {
    throw invalidJson("The request body is not valid UTF-8.");
  }
}

function parseOrRefuse(source: string, { parse, what }: { parse: Parse; what: string }): unknown {
  try {
    return parse(source);
  } catch {
    // What nests too deep for the parser's stack is told so, not called invalid.
    throw measure(source).depth > maxDepth ? nestsTooDeep(what) : invalidJson(`The ${what} is not valid JSON.`);
  }
}

/** How often any of `characters` stands in a text, in its strings too; counting ends past `most`. */
function count(source: string, characters: string, most: number): number {
  let total = 0;
  for (const character of characters) {
    for (let at = source.indexOf(character); at !== -1 && total <= most; at = source.indexOf(character, at + 1))
      total++;
  }
  return total;
}

/** Depth of nesting and number of values of a text that may be JSON, without parsing it: strings are jumped over. */
export function measure(source: string): { depth: number; values: number } {
  let depth = 0;
  let deepest = 0;
  // Each value but the first of a list or an object has a comma before it; that first one has the bracket.
  let values = 1;
  for (let index = 0; index < source.length; index++) {
    switch (source.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(source, index);
        break;
      case 0x5b: // [
      case 0x7b: // {
        deepest = Math.max(deepest, ++depth);
        if (!isClosing(source.charCodeAt(index + 1))) values++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        values++;
        break;
    }
  }
  return { depth: deepest, values };
}

function isClosing(code: number): boolean {
  return code === 0x5d || code === 0x7d;
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

function nestsTooDeep(what: string) {
  return invalidRequest({
    code: "nesting_too_deep",
    message: `The ${what} nests deeper than ${maxDepth} levels.`,
  });
}

function invalidJson(message: string) {
  return invalidRequest({ code: "invalid_json", message });
}
