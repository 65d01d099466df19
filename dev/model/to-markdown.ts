import { readImage } from "../../src/files/read-image.ts";

/** A document as it comes over RPC, which carries no Blob. */
export interface LocalDocument {
  name: string;
  contentType: string;
  bytes: Uint8Array;
}

/** What `env.AI.toMarkdown` resolves to for one document. */
export type Converted =
  | { id: string; name: string; mimeType: string; format: "markdown"; tokens: number; data: string }
  | { id: string; name: string; mimeType: string; format: "error"; error: string };

/**
 * Turns a document into Markdown: HTML roughly, texts as they are, the text of a PDF. Of an image it says size and kind. What
 * needs the real service is marked as a stand-in's work.
 */
export async function convertDocument({ name, contentType, bytes }: LocalDocument): Promise<Converted> {
  const about = { id: name, name, mimeType: contentType };
  try {
    const data = await convert({ name, contentType, bytes });
    return { ...about, format: "markdown", tokens: Math.ceil(data.length / 4), data };
  } catch {
    return { ...about, format: "error", error: "The stand-in could not read it." };
  }
}

async function convert({ contentType, bytes }: LocalDocument): Promise<string> {
  switch (contentType) {
    case "text/html":
      return convertHtml(new TextDecoder().decode(bytes));
    case "text/csv":
    case "application/xml":
      return new TextDecoder().decode(bytes);
    case "application/pdf":
      return convertPdf(bytes);
    default:
      return contentType.startsWith("image/")
        ? describeImage(contentType, bytes)
        : `[The local stand-in does not convert ${contentType}: here Workers AI's text of the ${bytes.length} bytes would stand.]`;
  }
}

/** In the form of Workers AI's own answer: a heading for each page. */
async function convertPdf(bytes: Uint8Array): Promise<string> {
  // Large, and seldom needed: it is set up when the first PDF comes.
  const { extractText } = await import("unpdf");
  const { text } = await extractText(bytes.slice());
  const pages = text.map((page, index) => `### Page ${index + 1}\n\n${page}`);
  return ["# file.pdf", "## Contents", ...pages].join("\n\n");
}

/** What can be said of an image without looking at it. */
export function describeImage(contentType: string, bytes: Uint8Array): string {
  const image = readImage(bytes);
  const size = image?.size === undefined ? "of unknown size" : `of ${image.size.width} × ${image.size.height} pixels`;
  return `The local stand-in does not look at images. This one is ${image?.type ?? contentType}, ${size}, ${bytes.length} bytes.`;
}

function convertHtml(html: string): string {
  return html
    .replaceAll(/<(head|script|style)\b[\s\S]*?<\/\1>/gi, "")
    .replaceAll(/<h([1-6])[^>]*>/gi, (_, level: string) => `\n\n${"#".repeat(Number(level))} `)
    .replaceAll(/<(?:p|div|li|br|tr)\b[^>]*>/gi, "\n\n")
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/\n\s*\n\s*/g, "\n\n")
    .trim();
}
