/**
 * Puts items in the places of the `item_reference`s that name them.
 *
 *   in the context already     left out: the model is given an item once, a second copy of a call is a second call
 *   made here (compat mode)    its id names its thread and turn
 *   made upstream (native)     its id names nothing: it is in the context or not at all
 */
import type { Call } from "../call.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { isReference } from "../protocol/input-items.ts";
import { readText } from "../protocol/json.ts";
import { continueTurn, type Earlier, type Parse, readContext } from "./context.ts";
import { placeOfItem } from "./place.ts";
import { ownId, parseItems, type StoredItem } from "./stored-item.ts";

/** How many threads the references of one request may be looked up in, each of them one read. */
const mostThreads = 64;

/**
 * A client that keeps the history itself sends it again with each turn, with references for what the model said. When
 * the input begins with all of the turn that it names last, it continues that turn: what is known is not stored again.
 * Returns what is continued, and the input after it.
 */
export async function readHistory(
  call: Call,
  { input, continued, parse }: { input: string | readonly unknown[]; continued: Earlier; parse: Parse },
): Promise<Earlier & { input: string | readonly unknown[] }> {
  const asGiven = { ...continued, input };
  if (typeof input === "string" || continued.thread !== undefined || continued.earlier.length > 0) return asGiven;
  const last = input.findLast(isReference);
  const place = placeOfItem(readText(last?.["id"]));
  const thread = place === undefined ? undefined : call.bindings.THREADS?.getByName(place.thread);
  if (place === undefined || thread === undefined) return asGiven;
  const context = await readContext(call, thread, { source: { turn: place.turn }, withIds: true });
  if (context === undefined || context.status !== "final" || context.isTooLarge) return asGiven;
  const history = continueTurn(place, context, parse);
  const isWhole = history.earlier.every((stored, index) => isSame(input[index], stored));
  return isWhole ? { ...history, input: input.slice(history.earlier.length) } : asGiven;
}

/** Whether a client's item is this one of the context, itself or by its id. */
function isSame(given: unknown, { id, item }: StoredItem): boolean {
  if (isReference(given)) return given["id"] === id;
  return given !== undefined && JSON.stringify(given) === JSON.stringify(item);
}

/**
 * A request's input with the items in place of the references to them. A reference to an item of the context is left
 * out. Only the caller's own responses are looked into, when they have ended.
 * @throws {ApiError} 400 `item_not_found` with the place of a reference to anything else, 400 `too_many_references`
 * when they lead to more than 64 threads
 */
export async function resolveReferences(
  call: Call,
  { input, earlier, parse }: { input: string | readonly unknown[]; earlier: readonly StoredItem[]; parse: Parse },
): Promise<string | readonly unknown[]> {
  if (typeof input === "string") return input;
  const given = new Set(earlier.map(({ id }) => id));
  const wanted = input.filter(isReference).map(ownId);
  const found = await findItems(
    call,
    wanted.filter((id) => !given.has(id)),
    parse,
  );
  return input.flatMap((item, index) => {
    if (!isReference(item)) return [item];
    const id = ownId(item);
    if (given.has(id)) return [];
    if (!found.has(id)) throw itemNotFound(index);
    given.add(id);
    return [found.get(id)];
  });
}

/** The items with these ids, as far as there are any, by id: one read for each thread, all at once. */
async function findItems(
  { bindings: { THREADS }, keyName }: Call,
  ids: readonly string[],
  parse: Parse,
): Promise<Map<string, unknown>> {
  const byThread = new Map<string, string[]>();
  for (const id of ids) {
    const place = placeOfItem(id);
    if (place !== undefined) byThread.set(place.thread, [...(byThread.get(place.thread) ?? []), id]);
  }
  if (byThread.size > mostThreads) throw tooManyReferences();
  const found = new Map<string, unknown>();
  if (THREADS === undefined) return found;
  const reads = [...byThread].map(([thread, wanted]) => THREADS.getByName(thread).readItems(keyName, wanted));
  for (const read of await Promise.all(reads)) {
    for (const [index, item] of parseItems(read.items, parse).entries()) found.set(read.ids[index] ?? "", item);
  }
  return found;
}

function itemNotFound(index: number): ApiError {
  return invalidRequest({
    code: "item_not_found",
    param: `input[${index}]`,
    message:
      "The item referred to is not in the context that this request continues, and no stored response has it. Send the item itself, or the `previous_response_id` it belongs to.",
  });
}

function tooManyReferences(): ApiError {
  return invalidRequest({
    code: "too_many_references",
    param: "input",
    message: `The items referred to belong to more than ${mostThreads} threads of stored responses. Send the items themselves, or continue the last response by \`previous_response_id\`.`,
  });
}
