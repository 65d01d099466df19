import { isObject, objectsOf } from "./json-object.ts";
import { describeImage } from "./to-markdown.ts";

/** A file, an image or a recording that came with a message. */
export interface Attachment {
  /** Such as `File "report.pdf" (application/pdf)`. */
  title: string;
  text: string;
}

/** How the Worker shows a model the text of a file: see `frameText` in src/files. */
const frame = /^((?:File|Image|Recording) .*)\n<<<([0-9a-f]{12})\n([^]*?)\n\2>>>\n?/gmu;

/** Takes what came with a message out of its text. */
export function splitAttachments(text: string): { text: string; attachments: Attachment[] } {
  const attachments: Attachment[] = [];
  const rest = text.replaceAll(frame, (_, heading: string, _mark, content: string) => {
    attachments.push({ title: heading.slice(0, heading.indexOf(")") + 1), text: content.trim() });
    return "";
  });
  return { text: rest, attachments };
}

/** The images of a message for a model that sees: what can be said of each without looking at it. */
export function readImages(content: unknown): Attachment[] {
  return objectsOf(content).flatMap((part) => {
    const image = part["image_url"];
    const url = isObject(image) ? image["url"] : undefined;
    const [, type = "", base64 = ""] = /^data:([^;,]*);base64,(.*)$/su.exec(typeof url === "string" ? url : "") ?? [];
    return base64 === "" ? [] : [{ title: "Image", text: describeImage(type, Uint8Array.fromBase64(base64)) }];
  });
}
