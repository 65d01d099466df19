import type { Bindings } from "../bindings.ts";
import { isRecord, type JsonRecord } from "../protocol/json.ts";
import { firstOutput, placeOfItem } from "./place.ts";
import { parseItems } from "./stored-item.ts";
import type { ThreadRpc } from "./thread-rpc.ts";

/**
 * An item of the output of a stored Response of `owner`, by its id: never one that a client put into a context.
 * Undefined when there is none.
 */
export async function readOutputItem(
  bindings: Bindings,
  { id, owner }: { id: string; owner: string },
): Promise<JsonRecord | undefined> {
  const { items } = (await openOutput(bindings, id)?.readItems(owner, [id])) ?? {};
  const [item] = items === undefined ? [] : parseItems(items);
  return isRecord(item) ? item : undefined;
}

/** Uses up an item of a stored Response: true for the first who asks, and for nobody after. */
export async function claimOutputItem(
  bindings: Bindings,
  { id, owner }: { id: string; owner: string },
): Promise<boolean> {
  return (await openOutput(bindings, id)?.claimItem(owner, id)) === true;
}

/** The thread that has the item with this id, if it is one of an output. */
function openOutput({ THREADS }: Bindings, id: string): ThreadRpc | undefined {
  const place = placeOfItem(id);
  return place === undefined || place.seq < firstOutput ? undefined : THREADS?.getByName(place.thread);
}
