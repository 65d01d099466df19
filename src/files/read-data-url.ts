import { unreadable } from "./file-error.ts";
import { mostFileBytes } from "./limits.ts";

/** Bytes and what is said of them. */
export interface SourceBytes {
  /** Lower case, without parameters; `""` when nothing is said. */
  mediaType: string;
  charset: string | undefined;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a `data:` URL (RFC 2397), or bare base64.
 * @throws {ApiError} 400 with `param` for what is neither, and for more bytes than a file may have
 */
export function readDataUrl(text: string, param: string): SourceBytes {
  if (!/^data:/i.test(text)) return { mediaType: "", charset: undefined, bytes: readBase64(text, param) };
  const comma = text.indexOf(",");
  if (comma === -1) {
    throw unreadable({ code: "invalid_data_url", param, reason: "its data: URL has no comma before the data" });
  }
  const [mediaType = "", ...parameters] = text
    .slice("data:".length, comma)
    .split(";")
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.map((parameter) => /^charset="?([^"]*)"?$/.exec(parameter)?.[1]).find(Boolean);
  const data = text.slice(comma + 1);
  const bytes = parameters.includes("base64") ? readBase64(data, param) : readPercentEncoded(data, param);
  return { mediaType, charset, bytes };
}

function readBase64(text: string, param: string): Uint8Array<ArrayBuffer> {
  if (text.length > (mostFileBytes / 3) * 4 + 4) throw tooLarge(param);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(text);
  } catch {
    throw unreadable({ code: "invalid_file_data", param, reason: "it is not valid base64" });
  }
  if (bytes.length > mostFileBytes) throw tooLarge(param);
  return bytes;
}

function readPercentEncoded(text: string, param: string): Uint8Array<ArrayBuffer> {
  if (text.length > mostFileBytes * 3) throw tooLarge(param);
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(encoded.length);
  let length = 0;
  for (let index = 0; index < encoded.length; index++) {
    const hex = encoded[index] === 0x25 ? /^[\da-f]{2}/i.exec(twoCharacters(encoded, index + 1))?.[0] : undefined;
    bytes[length++] = hex === undefined ? (encoded[index] ?? 0) : Number.parseInt(hex, 16);
    if (hex !== undefined) index += 2;
  }
  if (length > mostFileBytes) throw tooLarge(param);
  return bytes.slice(0, length);
}

/** The two characters that may stand for a byte. */
function twoCharacters(bytes: Uint8Array, start: number): string {
  return String.fromCharCode(bytes[start] ?? 0, bytes[start + 1] ?? 0);
}

export function tooLarge(param: string) {
  return unreadable({ code: "file_too_large", param, reason: `it has more than ${mostFileBytes} bytes` });
}
