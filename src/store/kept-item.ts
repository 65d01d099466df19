import { createId, type IdPrefix } from "../protocol/create-id.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import { decodeJson, type JsonBytes } from "./json-bytes.ts";

/** An item as the client or the model wrote it, and the id by which it can be listed and referred to. */
export interface KeptItem {
  id: string;
  item: unknown;
}

/** Gives each item an id where it has none. A request's `input` of plain text is one user message. */
export function keepItems(input: string | readonly unknown[]): KeptItem[] {
  const items = typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  return items.map((item) => ({ id: idOf(item), item }));
}

/**
 * Gives items new ids where theirs are taken, by `taken` ids or by an item before them: a list is read on after an id,
 * and with one id twice it would be read without end.
 */
export function freshenIds(items: readonly KeptItem[], taken: Iterable<string>): KeptItem[] {
  const ids = new Set(taken);
  return items.map(({ id, item }) => {
    const own = ids.has(id) ? makeId(item) : id;
    ids.add(own);
    return { id: own, item };
  });
}

/** Keeps the output of a Response as items; none where there is no such thing. */
export function keepOutput({ output }: JsonRecord): KeptItem[] {
  return keepItems(Array.isArray(output) ? output : []);
}

/** Reads a list of kept items. What is none was not written by this Worker, and is left out. */
export function parseKeptItems(source: JsonBytes): KeptItem[] {
  const items = parseJson(decodeJson(source));
  if (!Array.isArray(items)) return [];
  return items.filter(isRecord).map((kept) => ({ id: readText(kept["id"]), item: kept["item"] }));
}

const prefixes: ReadonlyMap<string, IdPrefix> = new Map([
  ["message", "msg"],
  ["reasoning", "rs"],
  ["function_call", "fc"],
  ["custom_tool_call", "ctc"],
]);

function idOf(item: unknown): string {
  return (isRecord(item) ? readText(item["id"]) : "") || makeId(item);
}

function makeId(item: unknown): string {
  if (!isRecord(item)) return createId("item");
  const type = readText(item["type"]) || (item["role"] === undefined ? "" : "message");
  return createId(prefixes.get(type) ?? "item");
}

/** The item as a list shows it: with its id, and a message in its full form. */
export function describeItem({ id, item }: KeptItem): JsonRecord {
  if (!isRecord(item)) return { id, type: "message", role: "user", status: "completed", content: item };
  const { role, content } = item;
  const type = readText(item["type"]) || "message";
  if (type !== "message") return { ...item, id, type };
  const textType = role === "assistant" ? "output_text" : "input_text";
  const parts = typeof content === "string" ? [{ type: textType, text: content }] : content;
  return { status: "completed", ...item, id, type, content: parts };
}
