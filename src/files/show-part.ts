import type { ContentPart } from "../protocol/input-items.ts";
import { frameData } from "../workers-ai/frame-data.ts";
import type { Readable } from "./inspect-bytes.ts";
import { quoteName } from "./quote-name.ts";

/** What bytes become for the model. */
export type Rendering = "text" | "document" | "image" | "audio";

/** What bytes become for a model that can't be given them as they are. An SVG file is an image. */
export function renderingOf(readable: Pick<Readable, "kind"> & { type?: string }): Rendering {
  return readable.type === "image/svg+xml" ? "image" : readable.kind;
}

/** The media type of readable bytes, as far as it is known. */
export function typeOf(readable: Readable): string {
  switch (readable.kind) {
    case "document":
    case "image":
      return readable.type;
    case "audio":
      return `audio/${readable.format}`;
    case "text":
      return readable.mediaType || "text/plain";
    default:
      return readable satisfies never;
  }
}

/**
 * Names bytes and what they become, such as `document:9f86d081884c7d65`: the same bytes that become the same have the same
 * name.
 */
export async function nameConversion(rendering: Rendering, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${rendering}:${hash.subarray(0, 16).toHex()}`;
}

/**
 * Shows the model a text in the place of a part, in a frame that says what it is. `key` is the name of the conversion; the
 * frame's mark is made of the hash in it, which no author of the file can write into the file.
 */
export function showText({
  name,
  key,
  type,
  text,
}: {
  name: string;
  key: string;
  type: string;
  text: string;
}): ContentPart {
  const [rendering = "", hash = ""] = key.split(":");
  const named = name === "" ? `(${type})` : `${quoteName(name)} (${type})`;
  const mark = hash.slice(0, 12);
  return {
    type: "input_text",
    text: frameData({ heading: headingOf(rendering, named), text, mark }),
  };
}

function headingOf(rendering: string, named: string): string {
  switch (rendering) {
    case "image":
      return `Image ${named}. You can't see it: another model's description stands between the marks.`;
    case "audio":
      return `Recording ${named}. What is said in it stands between the marks.`;
    case "text":
      return `File ${named}. Its content stands between the marks.`;
    default:
      return `File ${named}. Its content, converted to Markdown, stands between the marks.`;
  }
}

/** Shows an image to a model that sees. */
export function showImage({ data, detail }: { data: string; detail: string | undefined }): ContentPart {
  return { type: "input_image", image_url: data, ...(detail !== undefined && { detail }) };
}

/** Bytes as a data: URL. */
export function toDataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${bytes.toBase64()}`;
}
