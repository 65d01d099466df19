import type { Call } from "../call.ts";
import { countConversion } from "../metering/count-conversion.ts";
import { WebFailure } from "../web/web-failure.ts";
import { toMarkdown } from "../workers-ai/to-markdown.ts";
import { describeImage } from "./describe-image.ts";
import { noRequestsLeft, unreadable } from "./file-error.ts";
import { isEncryptedPdf } from "./find-kind.ts";
import type { Readable } from "./inspect-bytes.ts";
import { transcribeAudio } from "./transcribe-audio.ts";

/** Bytes that Workers AI turns into text. */
export type Convertible = Exclude<Readable, { kind: "text" }>;

/**
 * Turns a document, an image or a recording into text.
 * @throws {ApiError} 400 with `param` when there is none to be had, an error of Workers AI's when that fails
 */
export async function convertToText(call: Call, readable: Convertible, param: string): Promise<string> {
  const text = await convert(call, readable).catch((error: unknown) => {
    throw error instanceof WebFailure ? noRequestsLeft(param) : error;
  });
  if (text !== undefined && hasText(text)) return text;
  const { kind, bytes } = readable;
  if (kind === "document" && readable.extension === "pdf" && isEncryptedPdf(bytes)) {
    throw unreadable({ code: "encrypted_file", param, reason: "it is encrypted. Send it without a password" });
  }
  if (kind === "image" && text === undefined) {
    throw unreadable({
      code: "unsupported_image_media_type",
      param,
      reason: `the model can't see images, and this ${readable.type} image could not be described. Send PNG, JPEG or WebP`,
    });
  }
  throw unreadable({ code: "file_not_converted", param, reason: explain(readable, text) });
}

async function convert(call: Call, readable: Convertible): Promise<string | undefined> {
  const { config, bindings, record, signal } = call;
  switch (readable.kind) {
    case "audio":
      return transcribeAudio(call, readable.bytes);
    case "image":
      return describeImage(call, readable);
    case "document": {
      if (readable.type === "image/svg+xml") return describeImage(call, readable);
      const { extension, type, bytes } = readable;
      countConversion(record, "toMarkdown");
      return toMarkdown(
        bindings.AI,
        { name: `file.${extension}`, contentType: type, bytes },
        { gatewayId: config.gatewayId, signal, timeoutMs: config.upstreamTimeoutMs },
      );
    }
    default:
      return readable satisfies never;
  }
}

/** The lines that a PDF without any text becomes: its name and its pages, as headings. */
const headings = /^(#+ (file\.pdf|Contents|Metadata|Page \d+)|\s*)$/;

function hasText(markdown: string): boolean {
  return markdown.split("\n").some((line) => !headings.test(line));
}

function explain({ kind }: Convertible, text: string | undefined): string {
  if (kind === "audio") return "there is no speech in it";
  if (text !== undefined) return "there is no text in it. If it is a scan, send its pages as images";
  return "Workers AI could not convert it to text. It may be damaged";
}
