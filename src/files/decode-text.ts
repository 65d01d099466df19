/** A text, and how it was found to be one. */
export interface DecodedText {
  text: string;
  /** The character set that nothing named: most likely, but no more than that. */
  guessed: string | undefined;
}

/** Whether this runtime reads a character set of that name. */
export function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== "";
  } catch {
    return false;
  }
}

/**
 * Decodes bytes as text; undefined for what is none. In the character set that is said (see `isCharset`), or else found: by
 * a byte order mark, by being valid UTF-8, by the zero bytes of UTF-16. Bytes without control characters that are none of
 * these are taken for windows-1252, as browsers do (encoding.spec.whatwg.org).
 */
export function decodeText(bytes: Uint8Array, charset?: string): DecodedText | undefined {
  if (charset !== undefined) return wrap(decode(bytes, charset));
  const found = findCharset(bytes);
  if (found !== undefined) return wrap(decode(bytes, found));
  const text = decode(bytes, "utf-8");
  if (text !== undefined) return wrap(text);
  const guess = "windows-1252";
  return wrap(decode(bytes, guess), guess);
}

/** Controls that no text has: all but tab, line feed, form feed, carriage return and escape. */
// oxlint-disable-next-line no-control-regex
const binary = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

function wrap(text: string | undefined, guessed?: string): DecodedText | undefined {
  return text === undefined || binary.test(text) ? undefined : { text, guessed };
}

function decode(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes that are looked at for zeros. */
const sample = 4_096;

function findCharset(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes.length % 2 !== 0) return undefined;
  const zeros: [number, number] = [0, 0];
  const looked = bytes.subarray(0, sample);
  for (const [index, byte] of looked.entries()) if (byte === 0) zeros[index % 2 === 0 ? 0 : 1] += 1;
  const many = looked.length / 8;
  if (zeros[1] > many && zeros[0] === 0) return "utf-16le";
  return zeros[0] > many && zeros[1] === 0 ? "utf-16be" : undefined;
}
