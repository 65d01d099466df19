import { decodeText } from "./decode-text.ts";
import { readImage, startsWith } from "./read-image.ts";

/** What bytes are, and so what is done with them. */
export type FileKind =
  /** Converted to Markdown. `extension` names the format in the name that the service is given. */
  | { kind: "document"; type: string; extension: string; isText: boolean }
  | { kind: "image"; type: string }
  | { kind: "audio"; format: "wav" | "mp3" }
  | { kind: "text" }
  | { kind: "encrypted" }
  /** `claimed`: the extension of the format that it is said to be, and isn't. */
  | { kind: "unknown"; claimed: string | undefined };

interface Format {
  extension: string;
  type: string;
  /** Other names of the same. */
  aliases?: readonly string[];
}

const zipType = "application/vnd.openxmlformats-officedocument";
const excel = "application/vnd.ms-excel";

/** Formats whose files are texts: nothing but what is said of them tells them from any other text. */
const textFormats: readonly Format[] = [
  { extension: "html", type: "text/html", aliases: ["htm", "application/xhtml+xml"] },
  { extension: "xml", type: "application/xml", aliases: ["text/xml"] },
  { extension: "csv", type: "text/csv" },
  { extension: "svg", type: "image/svg+xml" },
];

/** Formats that their bytes tell. */
const binaryFormats = {
  pdf: { extension: "pdf", type: "application/pdf" },
  docx: { extension: "docx", type: `${zipType}.wordprocessingml.document` },
  xlsx: { extension: "xlsx", type: `${zipType}.spreadsheetml.sheet` },
  xlsm: { extension: "xlsm", type: `${excel}.sheet.macroenabled.12` },
  xlsb: { extension: "xlsb", type: `${excel}.sheet.binary.macroenabled.12` },
  xls: { extension: "xls", type: excel, aliases: ["et"] },
  odt: { extension: "odt", type: "application/vnd.oasis.opendocument.text" },
  ods: { extension: "ods", type: "application/vnd.oasis.opendocument.spreadsheet" },
  numbers: { extension: "numbers", type: "application/vnd.apple.numbers" },
} satisfies Record<string, Format>;

/**
 * Finds out what a file is: by its bytes where they tell, else by what is said of it. The formats that are converted are
 * those of developers.cloudflare.com/workers-ai/features/markdown-conversion/supported-formats (21 April 2026).
 */
export function findKind(
  bytes: Uint8Array,
  { mediaType, name, charset }: { mediaType: string; name: string; charset: string | undefined },
): FileKind {
  const image = readImage(bytes);
  if (image !== undefined) return { kind: "image", type: image.type };
  const audio = findAudio(bytes);
  if (audio !== undefined) return { kind: "audio", format: audio };
  const extension = /\.([a-z0-9]{1,16})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const binary = findBinary(bytes, { mediaType, extension });
  if (binary !== undefined) return binary;

  const said = [mediaType, extension];
  const claimed = Object.values(binaryFormats).find((format) => said.some((word) => isNamed(format, word)));
  if (claimed !== undefined) return { kind: "unknown", claimed: claimed.extension };
  if (decodeText(bytes, charset) === undefined) return { kind: "unknown", claimed: undefined };
  // A text that is said to be plain stays as it is, whatever its name ends with.
  const words = mediaType.startsWith("text/") ? [mediaType] : said;
  const format = textFormats.find((one) => words.some((word) => isNamed(one, word)));
  return format === undefined
    ? { kind: "text" }
    : { kind: "document", type: format.type, extension: format.extension, isText: true };
}

function isNamed({ extension, type, aliases = [] }: Format, word: string): boolean {
  return word !== "" && (word === extension || word === type || aliases.includes(word));
}

function findAudio(bytes: Uint8Array): "wav" | "mp3" | undefined {
  if (startsWith(bytes, "RIFF") && startsWith(bytes.subarray(8), "WAVE")) return "wav";
  // An ID3 tag, or the sync word of an MPEG audio frame, layer III.
  const isFrame = bytes[0] === 0xff && [0xfa, 0xfb, 0xf2, 0xf3].includes(bytes[1] ?? 0);
  return isFrame || startsWith(bytes, "ID3") ? "mp3" : undefined;
}

/** Bytes at either end of an archive that are looked through for the names of what is in it. */
const archiveEnd = 131_072;

function findBinary(
  bytes: Uint8Array,
  { mediaType, extension }: { mediaType: string; extension: string },
): FileKind | undefined {
  const isSaid = (format: Format): boolean => isNamed(format, mediaType) || isNamed(format, extension);
  const { pdf, docx, xlsx, xlsm, xlsb, xls, odt, ods, numbers } = binaryFormats;
  // A PDF may have something before its header (ISO 32000, annex H.3.4.1).
  if (latin1(bytes.subarray(0, 1_024)).includes("%PDF-")) return toDocument(pdf);
  if (startsWith(bytes, "PK\u0003\u0004")) {
    const names = latin1(bytes.subarray(0, archiveEnd)) + latin1(bytes.subarray(-archiveEnd));
    if (names.includes("word/document")) return toDocument(docx);
    if (names.includes("xl/workbook.bin")) return toDocument(xlsb);
    if (names.includes("xl/workbook")) return toDocument(isSaid(xlsm) ? xlsm : xlsx);
    if (names.includes(`mimetype${odt.type}`)) return toDocument(odt);
    if (names.includes(`mimetype${ods.type}`)) return toDocument(ods);
    if (names.includes("Index/") && isSaid(numbers)) return toDocument(numbers);
    return { kind: "unknown", claimed: undefined };
  }
  if (startsWith(bytes, "\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1")) {
    const text = latin1(bytes);
    if (text.includes(utf16("EncryptedPackage"))) return { kind: "encrypted" };
    if (isSaid(xls) || text.includes(utf16("Workbook"))) return toDocument(xls);
    return { kind: "unknown", claimed: undefined };
  }
  return undefined;
}

function toDocument({ type, extension }: Format): FileKind {
  return { kind: "document", type, extension, isText: false };
}

function utf16(text: string): string {
  return text.replaceAll(/./g, "$&\u0000");
}

const decoder = new TextDecoder("latin1");

function latin1(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether a PDF says that it is encrypted. Some of these open without a password, and are converted. */
export function isEncryptedPdf(bytes: Uint8Array): boolean {
  return latin1(bytes).includes("/Encrypt");
}
