import type { Warnings } from "../../http/warnings.ts";
import type { Content, ContentPart } from "../../protocol/input-items.ts";

/** Longest file name that a note repeats. */
const maxNameLength = 120;

/**
 * Turns content, a text or parts, into the one text the model takes. An image, a file or a recording becomes a note in
 * its place, and a warning.
 */
export function convertContent(content: Content, warnings: Warnings): string {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  return content.map((part) => (typeof part === "string" ? part : convertPart(part, warnings))).join("\n");
}

function convertPart(part: ContentPart, warnings: Warnings): string {
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
    case "summary_text":
    case "reasoning_text":
      return part.text ?? "";
    case "refusal":
      return part.refusal ?? "";
    case "input_image":
    case "computer_screenshot":
      return leaveNote("image", "", warnings);
    case "input_file":
      return leaveNote("file", (part.filename ?? "").slice(0, maxNameLength), warnings);
    case "input_audio":
    case "input_video":
      return leaveNote(part.type.slice("input_".length), "", warnings);
    default:
      return part.type satisfies never;
  }
}

function leaveNote(what: string, name: string, warnings: Warnings): string {
  warnings.add(`The model reads text only: every ${what} part was replaced by a note.`);
  return name === ""
    ? `[${what} left out: this model reads text only]`
    : `[${what} "${name}" left out: this model reads text only]`;
}
