import { joinBytes } from "../streams/read-whole.ts";
import type { PackedItems } from "./thread-rpc.ts";

const encoder = new TextEncoder();

/** Turns items into what travels to their thread. */
export function packItems(items: readonly { id: string; item: unknown }[]): PackedItems {
  const rendered = items.map(({ item }) => encoder.encode(JSON.stringify(item)));
  return { ids: items.map(({ id }) => id), lengths: rendered.map(({ length }) => length), data: joinBytes(rendered) };
}
