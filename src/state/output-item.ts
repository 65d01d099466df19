import type { Bindings } from "../config.ts";
import { findResponseId } from "../protocol/ids.ts";
import { isRecord, type JsonRecord, parseRecord } from "../protocol/json.ts";
import { decodeJson } from "./json-bytes.ts";
import { outputItems } from "./stored-item.ts";

/**
 * An item as a stored Response of `owner` has it in its output, by the id that names its response: never one that a client
 * has put into a context. Undefined when there is none.
 */
export async function readOutputItem(
  { RESPONSES }: Bindings,
  { id, owner }: { id: string; owner: string },
): Promise<JsonRecord | undefined> {
  const responseId = findResponseId(id);
  if (responseId === undefined) return undefined;
  const stored = await RESPONSES?.getByName(responseId).read(owner);
  if (stored?.status !== "final") return undefined;
  const found = outputItems(parseRecord(decodeJson(stored.response)) ?? {}).find((kept) => kept.id === id);
  return isRecord(found?.item) ? found.item : undefined;
}

/** Uses up an item of a stored Response: true for the first who asks, and for nobody after. */
export async function claimOutputItem(
  { RESPONSES }: Bindings,
  { id, owner }: { id: string; owner: string },
): Promise<boolean> {
  const responseId = findResponseId(id);
  if (responseId === undefined) return false;
  return (await RESPONSES?.getByName(responseId).claim(owner, id)) === true;
}
