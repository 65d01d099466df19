import { invalidRequest } from "../../errors.ts";
import { renderPath } from "../../protocol/map-issue.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/read-value.ts";
import type { Warnings } from "../warnings.ts";

/** Longest file name that a note repeats. */
const maxNameLength = 120;

/**
 * Turns content, a string or parts, into the one text the model takes. An image, a file or a recording becomes a note
 * in its place, and a warning. Content that is absent is the empty text.
 * @throws {ApiError} 400 for content of another kind and for a part this Worker doesn't know
 */
export function convertContent(content: unknown, path: readonly PropertyKey[], warnings: Warnings): string {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw wrongKind(path, "a string or an array of parts");
  return content.map((part, index) => convertPart(part, [...path, index], warnings)).join("\n");
}

function convertPart(part: unknown, path: readonly PropertyKey[], warnings: Warnings): string {
  if (typeof part === "string") return part;
  if (!isRecord(part)) throw wrongKind(path, "an object");
  switch (part["type"]) {
    case "input_text":
    case "output_text":
    case "text":
    case "summary_text":
    case "reasoning_text":
      return readField(part, "text", path);
    case "refusal":
      return readField(part, "refusal", path);
    case "input_image":
    case "computer_screenshot":
      return leaveNote("image", "", warnings);
    case "input_file":
      return leaveNote("file", readText(part["filename"]).slice(0, maxNameLength), warnings);
    case "input_audio":
    case "input_video":
      return leaveNote(part["type"].slice("input_".length), "", warnings);
    default: {
      const param = renderPath([...path, "type"]);
      throw invalidRequest({
        code: "invalid_value",
        param,
        message: `The field \`${param}\` names no content part that this Worker knows. Send text as \`input_text\`.`,
      });
    }
  }
}

function leaveNote(what: string, name: string, warnings: Warnings): string {
  warnings.add(`The model reads text only: every ${what} part was replaced by a note.`);
  return name === ""
    ? `[${what} left out: this model reads text only]`
    : `[${what} "${name}" left out: this model reads text only]`;
}

function readField(part: JsonRecord, field: string, path: readonly PropertyKey[]): string {
  const value = part[field];
  if (typeof value !== "string") throw wrongKind([...path, field], "a string");
  return value;
}

/** 400 `invalid_type`: what is at `path` has to be `expected`. */
export function wrongKind(path: readonly PropertyKey[], expected: string) {
  const param = renderPath(path);
  return invalidRequest({ code: "invalid_type", param, message: `The field \`${param}\` must be ${expected}.` });
}
