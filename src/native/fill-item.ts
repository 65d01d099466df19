import type {
  CustomToolCallItem,
  FunctionCallItem,
  MessageItem,
  OpaqueItem,
  OpaquePart,
  OutputTextPart,
  ReasoningItem,
  RefusalPart,
} from "../protocol/events.ts";
import { createId, type IdPrefix } from "../protocol/ids.ts";
import { isRecord, readText, withoutNulls } from "../protocol/json.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";

/** An output item with every field that strict clients need, tagged by how its events run. */
export type FilledItem =
  | { kind: "message"; item: Finished<MessageItem>; parts: readonly FilledPart[] }
  | { kind: "reasoning"; item: Finished<ReasoningItem> }
  | { kind: "function_call"; item: Finished<FunctionCallItem> }
  | { kind: "custom_tool_call"; item: Finished<CustomToolCallItem> }
  | { kind: "opaque"; item: OpaqueItem };

type Finished<Item> = Item & { status: "completed" | "incomplete" };

/** A content part of a message. Any type but the two that have deltas is kept as it is. */
export type FilledPart =
  | { kind: "text"; part: OutputTextPart }
  | { kind: "refusal"; part: RefusalPart }
  | { kind: "opaque"; part: OpaquePart };

/** Ids used in one Response so far: openai-node throws when two items share an `id` or two calls a `call_id`. */
export type UsedIds = Set<string>;

/** Types whose items openai-node refuses without a `call_id`. */
const calledTypes: ReadonlySet<string> = new Set(["shell_call", "shell_call_output"]);

/**
 * Makes one item of an upstream's `output` complete. What is there stays, unknown fields too.
 * @throws {ApiError} 502 `upstream_invalid_response` for an invalid item
 */
export function fillItem(value: unknown, used: UsedIds): FilledItem {
  if (!isRecord(value)) throw invalidAnswer("an output item is not an object");
  // OpenAI's schema has `phase`, `encrypted_content` and the like as text or not at all; vLLM writes null.
  const fields = withoutNulls(value);
  const type = readText(fields["type"]) || (fields["role"] === undefined ? "" : "message");
  const status = readItemStatus(fields["status"]);

  switch (type) {
    case "message": {
      const id = takeId(fields["id"], "msg", used);
      const parts = fillContent(fields["content"]);
      const content = parts.map(({ part }) => part);
      return { kind: type, parts, item: { ...fields, id, type, role: "assistant", status, content } };
    }
    case "reasoning": {
      const id = takeId(fields["id"], "rs", used);
      const summary = readTexts(fields["summary"]).map((text) => ({ type: "summary_text" as const, text }));
      const content = readTexts(fields["content"]).map((text) => ({ type: "reasoning_text" as const, text }));
      return { kind: type, item: { ...fields, id, type, status, summary, content } };
    }
    case "function_call": {
      const call = { id: takeId(fields["id"], "fc", used), call_id: takeId(fields["call_id"], "call", used) };
      const name = readText(fields["name"]);
      return { kind: type, item: { ...fields, ...call, type, status, name, arguments: asText(fields["arguments"]) } };
    }
    case "custom_tool_call": {
      const call = { id: takeId(fields["id"], "ctc", used), call_id: takeId(fields["call_id"], "call", used) };
      const name = readText(fields["name"]);
      return { kind: type, item: { ...fields, ...call, type, status, name, input: asText(fields["input"]) } };
    }
    case "":
      throw invalidAnswer("an output item has no type");
    default: {
      const call = calledTypes.has(type) ? { call_id: takeId(fields["call_id"], "call", used) } : {};
      return { kind: "opaque", item: { ...value, ...call, id: takeId(value["id"], "item", used), type } };
    }
  }
}

function fillContent(value: unknown): FilledPart[] {
  if (Array.isArray(value)) return value.map(fillPart);
  return typeof value === "string" ? [fillPart(value)] : [];
}

function fillPart(value: unknown): FilledPart {
  if (typeof value === "string") return fillPart({ type: "output_text", text: value });
  if (!isRecord(value)) throw invalidAnswer("a content part is not an object");
  const { type = "output_text" } = value;
  switch (type) {
    case "output_text":
    case "text": {
      const text = readText(value["text"]);
      const annotations = readArray(value["annotations"]);
      const logprobs = readArray(value["logprobs"]);
      return { kind: "text", part: { ...value, type: "output_text", text, annotations, logprobs } };
    }
    case "refusal":
      return { kind: "refusal", part: { ...value, type, refusal: readText(value["refusal"]) } };
    default:
      // openai-node refuses a `reasoning_text` part in a message.
      if (typeof type !== "string" || type === "reasoning_text") throw invalidAnswer("a content part has a wrong type");
      return { kind: "opaque", part: { ...value, type } };
  }
}

function takeId(value: unknown, prefix: IdPrefix, used: UsedIds): string {
  const given = readText(value);
  const id = given === "" || used.has(given) ? createId(prefix) : given;
  used.add(id);
  return id;
}

function readItemStatus(value: unknown): "completed" | "incomplete" {
  return value === "incomplete" || value === "in_progress" ? "incomplete" : "completed";
}

function readArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a reasoning item's parts: `[{type,text}]`, or a bare string. */
function readTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return readArray(value).map((part) => (isRecord(part) ? readText(part["text"]) : readText(part)));
}

/** Arguments are text on the wire; some servers send the object that the text would parse to. */
function asText(value: unknown): string {
  return typeof value === "string" || value === undefined ? readText(value) : JSON.stringify(value);
}
