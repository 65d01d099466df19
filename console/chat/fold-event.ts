import { type JsonObject, readNumber, readObject, readText } from "../api/json.ts";
import type { WireEvent } from "../api/read-events.ts";
import { ensurePart, Entry } from "./entry.ts";

/** The item type that a delta belongs to, should its item not have been announced. */
const ownerOfDelta: Record<string, string> = {
  "response.output_text.delta": "message",
  "response.refusal.delta": "message",
  "response.output_text.annotation.added": "message",
  "response.reasoning_summary_text.delta": "reasoning",
  "response.reasoning_text.delta": "reasoning",
  "response.reasoning.delta": "reasoning",
  "response.function_call_arguments.delta": "function_call",
  "response.custom_tool_call_input.delta": "custom_tool_call",
  "response.mcp_call_arguments.delta": "mcp_call",
};

/** The field of a call that its deltas fill. */
const fieldOfDelta: Record<string, string> = {
  "response.function_call_arguments.delta": "arguments",
  "response.custom_tool_call_input.delta": "input",
  "response.mcp_call_arguments.delta": "arguments",
};

/** More items or parts than any answer has: the page must not count to a number that an upstream made up. */
const mostItems = 100_000;
const mostParts = 1000;

const hostedProgress = /^response\.(?:web_search_call|mcp_call|mcp_list_tools|image_generation_call)\.(\w+)$/;

/**
 * Applies one event to the output so far, by `output_index`: some upstreams change an item's id on the way. Returns the
 * entry that changed, or undefined. `at` is in milliseconds since the request was sent.
 */
export function foldEvent(entries: Entry[], event: WireEvent, at: number): Entry | undefined {
  const index = readNumber(event["output_index"]) ?? 0;
  const part = readNumber(event["summary_index"]) ?? readNumber(event["content_index"]) ?? 0;
  if (!isPlace(index, mostItems) || !isPlace(part, mostParts)) return undefined;
  if (event.type === "response.output_item.added" || event.type === "response.output_item.done") {
    const item = { ...readObject(event["item"]) };
    const entry = (entries[index] ??= new Entry(item, at));
    if (event.type === "response.output_item.done") {
      entry.item = item;
      entry.endedAt = at;
    }
    return entry;
  }
  const owner = ownerOfDelta[event.type];
  if (owner !== undefined) {
    const entry = (entries[index] ??= new Entry({ type: owner }, at));
    applyDelta(entry.item, event);
    return entry;
  }
  const progress = hostedProgress.exec(event.type)?.[1];
  const entry = entries[index];
  if (progress === undefined || entry === undefined) return undefined;
  entry.item["status"] = progress;
  return entry;
}

function isPlace(index: number, most: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < most;
}

function applyDelta(item: JsonObject, event: WireEvent): void {
  const field = fieldOfDelta[event.type];
  const delta = readText(event["delta"]);
  if (field !== undefined) {
    item[field] = readText(item[field]) + delta;
    return;
  }
  const part = partOf(item, event);
  if (event.type === "response.output_text.annotation.added") {
    const annotations: unknown[] = Array.isArray(part["annotations"]) ? part["annotations"] : [];
    part["annotations"] = [...annotations, event["annotation"]];
    return;
  }
  const name = event.type === "response.refusal.delta" ? "refusal" : "text";
  part[name] = readText(part[name]) + delta;
}

function partOf(item: JsonObject, event: WireEvent): JsonObject {
  if (event.type === "response.reasoning_summary_text.delta") {
    return ensurePart(item, { field: "summary", index: readNumber(event["summary_index"]) ?? 0, type: "summary_text" });
  }
  const type = event.type.startsWith("response.reasoning") ? "reasoning_text" : "output_text";
  return ensurePart(item, { field: "content", index: readNumber(event["content_index"]) ?? 0, type });
}
