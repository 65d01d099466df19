import { isRecord, type JsonRecord } from "./read-value.ts";

/**
 * Whether an input item stands for another, by its id. Its type may be left out
 * (github.com/openai/openai-openapi, `ItemReferenceParam`): an item that is an id and nothing else is a reference.
 */
export function isReference(item: unknown): item is JsonRecord {
  if (!isRecord(item)) return false;
  const { type = null, id, ...others } = item;
  if (type === "item_reference") return true;
  return type === null && typeof id === "string" && Object.keys(others).length === 0;
}
