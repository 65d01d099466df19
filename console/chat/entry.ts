import { signal } from "@preact/signals";
import { isObject, type JsonObject, readObjects, readText } from "../api/json.ts";

/** An output item as it grows: deltas change `item` in place, and `revision` says that it has changed. */
export class Entry {
  item: JsonObject;
  readonly revision = signal(0);
  /** Milliseconds since the request was sent. */
  readonly startedAt: number | undefined;
  endedAt: number | undefined;

  constructor(item: JsonObject, startedAt?: number) {
    this.item = item;
    this.startedAt = startedAt;
  }

  get type(): string {
    return readText(this.item["type"]);
  }

  /** How long it took, in milliseconds, where that was seen. */
  get took(): number | undefined {
    return this.startedAt === undefined || this.endedAt === undefined ? undefined : this.endedAt - this.startedAt;
  }
}

/** The texts of a message's or a reasoning item's parts, one for each part. */
export function readParts(parts: unknown): string[] {
  return readObjects(parts).map((part) => readText(part["text"]) || readText(part["refusal"]));
}

/** All that a message says. */
export function readMessage(item: JsonObject): string {
  const { content } = item;
  return typeof content === "string" ? content : readParts(content).join("\n\n");
}

/** What the model thought: its summary where there is one, else the raw text. */
export function readReasoning(item: JsonObject): string {
  const summary = readParts(item["summary"]).join("\n\n");
  return summary === "" ? readParts(item["content"]).join("\n\n") : summary;
}

export function isFunctionCall(item: JsonObject): boolean {
  return item["type"] === "function_call" || item["type"] === "custom_tool_call";
}

/** The part at this index, made when it is not there yet. */
export function ensurePart(item: JsonObject, { field, index, type }: { field: string; index: number; type: string }) {
  const existing = item[field];
  const parts: unknown[] = Array.isArray(existing) ? existing : [];
  item[field] = parts;
  while (parts.length <= index) parts.push({ type, text: "" });
  const part = parts[index];
  if (isObject(part)) return part;
  const made: JsonObject = { type, text: "" };
  parts[index] = made;
  return made;
}
