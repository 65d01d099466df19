import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import type { KeptItem } from "../store/kept-item.ts";
import { parseJson } from "./read-json.ts";

/** Reads the JSON of a list of kept items. What is none was not written by this Worker, and is left out. */
export function parseKeptItems(source: string): KeptItem[] {
  const items = parseJson(source);
  if (!Array.isArray(items)) return [];
  return items.filter(isRecord).map((kept) => ({ id: readText(kept["id"]), item: kept["item"] }));
}

/** Reads the JSON of a kept object. */
export function parseRecord(source: string): JsonRecord {
  const record = parseJson(source);
  return isRecord(record) ? record : {};
}
