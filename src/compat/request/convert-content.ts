import { internalError } from "../../errors.ts";
import type { Content, ContentPart } from "../../protocol/input-items.ts";
import type { ChatPart } from "../chat-inputs.ts";

export type ChatImage = Extract<ChatPart, { type: "image_url" }>;

/** What a user's message says: one text, or where it has images, texts and images in their order. */
export function convertUserContent(content: Content): string | readonly ChatPart[] {
  const parts = convertParts(content);
  if (!parts.some(isImage)) return joinTexts(parts);
  const joined: ChatPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === "text" && last?.type === "text") last.text += `\n${part.text}`;
    else joined.push(part);
  }
  return joined;
}

/**
 * The same of anybody else, whose messages are texts in the chat branch. Its images go in a user's message behind it (see
 * `MessageBuilder.showImages`).
 */
export function convertContent(content: Content): { text: string; images: ChatImage[] } {
  const parts = convertParts(content);
  return { text: joinTexts(parts), images: parts.filter(isImage) };
}

function convertParts(content: Content): ChatPart[] {
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return [toText(content)];
  return content.map((part) => (typeof part === "string" ? toText(part) : convertPart(part)));
}

function convertPart(part: ContentPart): ChatPart {
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
    case "summary_text":
    case "reasoning_text":
      return toText(part.text ?? "");
    case "refusal":
      return toText(part.refusal ?? "");
    case "input_image":
    case "computer_screenshot":
      return { type: "image_url", image_url: { url: part.image_url ?? "", ...convertDetail(part.detail) } };
    case "input_file":
    case "input_audio":
    case "input_video":
      // `readFiles` has put a text in its place, or refused it.
      throw internalError();
    default:
      return part.type satisfies never;
  }
}

/** `original` is a detail of OpenAI's that is not in Workers AI's schema. */
function convertDetail(detail: string | null | undefined): { detail?: "auto" | "low" | "high" } {
  switch (detail) {
    case "auto":
    case "low":
    case "high":
      return { detail };
    case "original":
      return { detail: "high" };
    default:
      return {};
  }
}

function toText(text: string): ChatPart {
  return { type: "text", text };
}

function isImage(part: ChatPart): part is ChatImage {
  return part.type === "image_url";
}

function joinTexts(parts: readonly ChatPart[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
