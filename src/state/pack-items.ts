import { joinBytes } from "../streams/read-whole.ts";
import { renderJson } from "./json-bytes.ts";
import type { StoredItem } from "./stored-item.ts";
import type { PackedItems } from "./thread-rpc.ts";

const encoder = new TextEncoder();

/** Turns items into what travels to their thread. */
export function packItems(items: readonly StoredItem[]): PackedItems {
  const rendered = items.map(({ item }) => encoder.encode(JSON.stringify(item)));
  const conversions = items.flatMap(({ conversions: converted = [] }, index) =>
    converted.length === 0 ? [] : [{ index, data: renderJson(converted) }],
  );
  return {
    ids: items.map(({ id }) => id),
    lengths: rendered.map(({ length }) => length),
    data: joinBytes(rendered),
    conversions,
  };
}

/** What items take of a context: their JSON, a comma each, and what was converted of them. */
export function countBytes({ data, ids, conversions }: PackedItems): number {
  return conversions.reduce((sum, converted) => sum + converted.data.length, data.length + ids.length);
}
