/**
 * JSON as UTF-8: the form in which it goes into an object, stays there, and comes out. As a text with one character
 * outside Latin-1 it would travel as UTF-16, at twice the size. As a value it may hold numbers that can't be cloned.
 */
export type JsonBytes = Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Turns a value into its JSON. */
export function renderJson(value: unknown): JsonBytes {
  return encoder.encode(JSON.stringify(value));
}

/** The text of stored JSON. Throws a `TypeError` for bytes that are not UTF-8: this Worker did not write those. */
export function decodeJson(bytes: JsonBytes): string {
  return decoder.decode(bytes);
}
