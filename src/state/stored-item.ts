import * as z from "zod/mini";
import { createId, type IdPrefix } from "../protocol/ids.ts";
import { typeOfItem } from "../protocol/input-items.ts";
import { isRecord, type JsonRecord, parseRecord, readText } from "../protocol/json.ts";
import { decodeJson, type JsonBytes } from "./json-bytes.ts";
import { firstOutput, itemIdOf, type Place } from "./place.ts";

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

/** An item as the client or the model wrote it, and the id by which it is listed and referred to. */
export interface StoredItem {
  id: string;
  item: unknown;
  conversions?: readonly Conversion[] | undefined;
}

/** The items of a turn as they are stored. */
export interface TurnItems {
  input: StoredItem[];
  output: StoredItem[];
}

/** An item without an id, or with one that may be taken. */
export type NewItem = Omit<StoredItem, "id">;

/** A request's input as items: plain text is one user message. */
export function toItems(input: string | readonly unknown[]): readonly unknown[] {
  return typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
}

/** The output of a Response; none where it has no output. */
export function outputOf({ output }: JsonRecord): readonly unknown[] {
  return Array.isArray(output) ? output : [];
}

/**
 * Gives the items of a turn their ids: their own, unless an item of `earlier` turns or one before it in this turn has
 * it too; else one that says where they are. A list is paged by ids: with one id twice, paging would never end.
 */
export function nameItems(
  place: Place,
  { earlier, input, output }: { earlier: readonly StoredItem[]; input: readonly NewItem[]; output: readonly unknown[] },
): TurnItems {
  const taken = new Set(earlier.map(({ id }) => id));
  const name = ({ item, conversions }: NewItem, seq: number): StoredItem => {
    const given = ownId(item);
    const id = given === "" || taken.has(given) ? itemIdOf(prefixOf(item), { ...place, seq }) : given;
    taken.add(id);
    return { id, item, conversions };
  };
  return {
    input: input.map((item, index) => name(item, index)),
    output: output.map((item, index) => name({ item }, firstOutput + index)),
  };
}

/** Gives items that belong to no turn their ids: the one they have, or a new one. */
export function toStoredItems(items: readonly unknown[]): StoredItem[] {
  return items.map((item) => ({ id: ownId(item) || createId(prefixOf(item)), item }));
}

/** Reads a JSON array of items. Anything else was not written by this Worker. */
export function parseItems(source: JsonBytes, parse: (text: string) => unknown = JSON.parse): readonly unknown[] {
  const items = parse(decodeJson(source));
  return Array.isArray(items) ? items : [];
}

/** Reads what was converted of a context's items, by their index there. */
export function parseConversions(source: JsonBytes): ReadonlyMap<number, readonly Conversion[]> {
  const byIndex = Object.entries(parseRecord(decodeJson(source)) ?? {});
  return new Map(byIndex.map(([index, value]) => [Number(index), z.safeParse(Conversions, value).data ?? []]));
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

/** An item's own `id`; `""` when it has none. */
export function ownId(item: unknown): string {
  return isRecord(item) ? readText(item["id"]) : "";
}

const prefixes: ReadonlyMap<string, IdPrefix> = new Map([
  ["message", "msg"],
  ["reasoning", "rs"],
  ["function_call", "fc"],
  ["custom_tool_call", "ctc"],
]);

function prefixOf(item: unknown): IdPrefix {
  return (isRecord(item) ? prefixes.get(readText(typeOfItem(item))) : undefined) ?? "item";
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
