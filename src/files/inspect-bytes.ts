import { decodeText, isCharset } from "./decode-text.ts";
import { unreadable } from "./file-error.ts";
import { type FileKind, findKind } from "./find-kind.ts";
import type { FoundPart } from "./find-parts.ts";
import type { SourceBytes } from "./read-data-url.ts";

/** Bytes that can be read, and what they are. */
export type Readable = {
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
  /** The character set that a text was taken to be in, where nothing says so. */
  guessed?: string | undefined;
} & (Extract<FileKind, { kind: "document" | "image" | "audio" }> | { kind: "text"; text: string });

/** Formats that may say themselves what character set they are in. */
const selfDescribing: ReadonlySet<string> = new Set(["text/html", "application/xml", "image/svg+xml"]);

/**
 * Finds out what the bytes of a part are.
 * @throws {ApiError} 400 that says why they can't be read
 */
export function inspectBytes(
  { bytes, mediaType, charset: said }: SourceBytes,
  { kind: wanted, name, param }: Pick<FoundPart, "kind" | "name" | "param">,
): Readable {
  if (bytes.length === 0) throw unreadable({ code: "empty_file", param, reason: "it is empty" });
  const charset = said !== undefined && isCharset(said) ? said : undefined;
  const found = findKind(bytes, { mediaType, name, charset });
  requireWanted(found, wanted, param);
  switch (found.kind) {
    case "image":
    case "audio":
      return { bytes, mediaType, ...found };
    case "document":
      if (!found.isText) return { bytes, mediaType, ...found };
      break;
    case "text":
      break;
    case "encrypted":
      throw unreadable({ code: "encrypted_file", param, reason: "it is encrypted. Send it without a password" });
    case "unknown":
      throw unreadable({ code: "unsupported_file", param, reason: explainUnknown(found.claimed, charset) });
    default:
      return found satisfies never;
  }
  if (said !== undefined && charset === undefined) {
    throw unreadable({ code: "unsupported_charset", param, reason: "it names a charset that is not known" });
  }
  const decoded = decodeText(bytes, charset);
  if (decoded === undefined || decoded.text.trim() === "") {
    throw unreadable({ code: "empty_file", param, reason: "it has no text" });
  }
  const { text, guessed } = decoded;
  if (found.kind === "text") return { bytes, mediaType, kind: found.kind, text, guessed };
  if (charset === undefined && selfDescribing.has(found.type)) return { bytes, mediaType, ...found };
  // The service takes no character set, so the text goes as UTF-8.
  return { bytes: new Uint8Array(new TextEncoder().encode(text)), mediaType, ...found, guessed };
}

function requireWanted(found: FileKind, wanted: FoundPart["kind"], param: string): void {
  const isImage = found.kind === "image" || (found.kind === "document" && found.type === "image/svg+xml");
  if (wanted === "image" && !isImage) {
    const reason = "it is not an image. Images are PNG, JPEG, WebP and GIF";
    throw unreadable({ code: "invalid_image_format", param, reason });
  }
  if (wanted === "audio" && found.kind !== "audio") {
    throw unreadable({ code: "unsupported_file", param, reason: "it is not a WAV or MP3 recording" });
  }
}

function explainUnknown(claimed: string | undefined, charset: string | undefined): string {
  if (claimed !== undefined) return `it is declared as a .${claimed} file, but its content is something else`;
  if (charset !== undefined) return "it is not valid text in the charset that it names";
  return "files of this kind are not supported. Send text, PDF, Word, Excel, OpenDocument, Numbers, HTML, XML, CSV, an image or a recording";
}
