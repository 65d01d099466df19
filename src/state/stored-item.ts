import * as z from "zod/mini";
import { createId, type IdPrefix } from "../protocol/ids.ts";
import { typeOfItem } from "../protocol/input-items.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/json.ts";
import { decodeJson, type JsonBytes } from "./json-bytes.ts";

/**
 * What a file, an image or a recording was turned into for the model: made once, and kept with the item that has it, so that
 * nobody pays for it again. It is never listed.
 */
export interface Conversion {
  /** Index of the part in the item's content or output; undefined for one of an earlier item. */
  part?: number | undefined;
  /** Names the bytes, and what they were turned into: see `nameConversion`. */
  key: string;
  /** Media type of the bytes. */
  type: string;
  /** The name that a file was fetched under. */
  name?: string | undefined;
  /** What the model reads in their place. */
  text?: string | undefined;
  /** The bytes as a data: URL, where they were fetched. */
  data?: string | undefined;
}

/** An item as the client or the model wrote it, and the id by which it can be listed and referred to. */
export interface StoredItem {
  id: string;
  item: unknown;
  conversions?: readonly Conversion[] | undefined;
}

/**
 * Gives each item an id where it has none, and what was converted of it, by its index. A request's `input` of plain text is
 * one user message.
 */
export function toStoredItems(
  input: string | readonly unknown[],
  conversions?: ReadonlyMap<number, readonly Conversion[]>,
): StoredItem[] {
  const items = typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  return items.map((item, index) => ({ id: idOf(item), item, conversions: conversions?.get(index) }));
}

/**
 * Gives items new ids where theirs are taken, by `taken` ids or by an item before them: a list is read on after an id,
 * and with one id twice it would be read without end.
 */
export function freshenIds(items: readonly StoredItem[], taken: Iterable<string>): StoredItem[] {
  const ids = new Set(taken);
  return items.map((stored) => {
    const own = ids.has(stored.id) ? makeId(stored.item) : stored.id;
    ids.add(own);
    return { ...stored, id: own };
  });
}

/** The output of a Response as items to store; none where it has no output. */
export function outputItems({ output }: JsonRecord): StoredItem[] {
  return toStoredItems(Array.isArray(output) ? output : []);
}

/** Reads a list of stored items. Anything else in it was not written by this Worker, and is left out. */
export function parseStoredItems(source: JsonBytes, parse: (text: string) => unknown = JSON.parse): StoredItem[] {
  const items = parse(decodeJson(source));
  if (!Array.isArray(items)) return [];
  return items.filter(isRecord).map((kept) => ({
    id: readText(kept["id"]),
    item: kept["item"],
    conversions: z.safeParse(Conversions, kept["conversions"]).data,
  }));
}

const Conversions = z.array(
  z.object({
    part: z.optional(z.number()),
    key: z.string(),
    type: z.string(),
    name: z.optional(z.string()),
    text: z.optional(z.string()),
    data: z.optional(z.string()),
  }),
);

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
  return createId(prefixes.get(readText(typeOfItem(item))) ?? "item");
}

/** Types of items that OpenAI lists with a `status`, which an input item may leave out. */
const typesWithStatus: ReadonlySet<string> = new Set([
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
]);

/** The item as a list shows it: with its id, and a message in its full form. */
export function describeItem({ id, item }: StoredItem): JsonRecord {
  if (!isRecord(item)) return { id, type: "message", role: "user", status: "completed", content: item };
  const { role, content } = item;
  const type = readText(item["type"]) || "message";
  if (typesWithStatus.has(type)) return { status: "completed", ...item, id, type };
  if (type !== "message") return { ...item, id, type };
  const textType = role === "assistant" ? "output_text" : "input_text";
  const parts = typeof content === "string" ? [{ type: textType, text: content }] : content;
  return { status: "completed", ...item, id, type, content: parts };
}
