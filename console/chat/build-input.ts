import { type JsonObject, readObjects, readText } from "../api/json.ts";
import type { Turn } from "./turn.ts";

export interface Attachment {
  kind: "image" | "file";
  name: string;
  bytes: number;
  /** The whole file as a `data:` URL. */
  url: string;
}

/** A person's message as an input item: plain text where that is all. */
export function buildMessage(text: string, attachments: readonly Attachment[]): JsonObject {
  if (attachments.length === 0) return { role: "user", content: text };
  const parts = attachments.map(({ kind, name, url }) =>
    kind === "image"
      ? { type: "input_image", image_url: url, detail: "auto" }
      : { type: "input_file", filename: name, file_data: url },
  );
  return { role: "user", content: [...parts, ...(text === "" ? [] : [{ type: "input_text", text }])] };
}

/**
 * The part of a request that says what is new and what it continues. Where the Worker keeps the parent, its id is
 * enough; else the whole conversation is sent again.
 */
export function buildContext(input: readonly JsonObject[], parent: Turn | undefined, conversationId = ""): JsonObject {
  if (conversationId !== "") return { conversation: conversationId, input: shorten(input) };
  if (parent === undefined) return { input: shorten(input) };
  // What was stopped is kept a moment later than a person can write on.
  if (parent.isStored && parent.state.value !== "stopped")
    return { previous_response_id: parent.id.value, input: shorten(input) };
  const history = parent.path.flatMap((turn) => [...turn.input.value, ...turn.history]);
  return { input: [...history, ...input] };
}

/** One message of text alone is written as that text. */
function shorten(input: readonly JsonObject[]): string | readonly JsonObject[] {
  const [first, ...rest] = input;
  const content = first?.["content"];
  return rest.length === 0 && first?.["role"] === "user" && typeof content === "string" ? content : input;
}

/** What a person said in these input items: the text, and what was attached. */
export function readInput(input: readonly JsonObject[]): { text: string; attachments: Attachment[] } {
  const contents = input.filter((item) => item["role"] === "user").map((item) => item["content"]);
  const parts = contents.flatMap((content) =>
    typeof content === "string" ? [{ type: "input_text", text: content }] : readObjects(content),
  );
  return {
    text: parts
      .filter((part) => part["type"] === "input_text")
      .map((part) => readText(part["text"]))
      .join("\n"),
    attachments: parts.flatMap(readAttachment),
  };
}

function readAttachment(part: JsonObject): Attachment[] {
  const url = readText(part["image_url"]) || readText(part["file_data"]) || readText(part["file_url"]);
  // Three bytes are four characters; an equals sign stands for a byte that is not there.
  const data = url.slice(url.indexOf(",") + 1);
  const bytes = (data.length * 3) / 4 - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0);
  if (part["type"] === "input_image") return [{ kind: "image", name: "image", bytes, url }];
  if (part["type"] === "input_file") return [{ kind: "file", name: readText(part["filename"]) || "file", bytes, url }];
  return [];
}
