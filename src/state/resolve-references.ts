/**
 * Puts items in the places of the `item_reference`s that name them.
 *
 *   in the context already     left out: the model is given an item once, a second copy of a call is a second call
 *   made here (compat mode)    its id names the response it belongs to, and that one has it
 *   made upstream (native)     its id names nothing: it is in the context or not at all
 */
import type { Call } from "../call.ts";
import type { Bindings } from "../config.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { findResponseId } from "../protocol/ids.ts";
import { isReference } from "../protocol/input-items.ts";
import { parseRecord, readText } from "../protocol/json.ts";
import { decodeJson } from "./json-bytes.ts";
import type { StoredRecord } from "./response-rpc.ts";
import { outputItems, parseStoredItems, type StoredItem } from "./stored-item.ts";

/** How many stored responses the references of one request may be looked up in, each of them one read. */
const mostResponses = 64;

/**
 * A request's input with each reference replaced by its item. References to items of `earlier` turns are left out. Only the caller's own responses
 * are looked into, when they have ended. Throws 400 `item_not_found` with the place of a reference to anything else, and
 * 400 `too_many_references` when they lead to more than 64 responses.
 */
export async function resolveReferences(
  { bindings, keyName }: Call,
  { input, earlier }: { input: string | readonly unknown[]; earlier: readonly StoredItem[] },
): Promise<string | readonly unknown[]> {
  if (typeof input === "string" || !input.some(isReference)) return input;
  const given = new Set(earlier.map(({ id }) => id));
  const wanted = input.filter(isReference).map(({ id }) => readText(id));
  const found = await findItems(
    wanted.filter((id) => !given.has(id)),
    bindings,
    keyName,
  );
  return input.flatMap((item, index) => {
    if (!isReference(item)) return [item];
    const id = readText(item["id"]);
    if (given.has(id)) return [];
    if (!found.has(id)) throw itemNotFound(index);
    given.add(id);
    return [found.get(id)];
  });
}

/**
 * The items with these ids, as far as there are any, by id. The response named last is read first, with all that it was
 * given: it continued the others as a rule, so a history of references costs one read however long it is. What that one
 * doesn't hold is read from the responses that made it, all at once.
 */
async function findItems(
  ids: readonly string[],
  { RESPONSES }: Bindings,
  keyName: string,
): Promise<Map<string, unknown>> {
  const last = nameResponses(ids).at(-1);
  if (RESPONSES === undefined || last === undefined) return new Map();
  const context = await RESPONSES.getByName(last).readContext(keyName);
  const held = [...(context?.status === "final" ? parseStoredItems(context.items) : []), ...readOutput(context)];
  const found = new Map(held.map(({ id, item }) => [id, item]));

  const others = nameResponses(ids.filter((id) => !found.has(id))).filter((id) => id !== last);
  if (others.length >= mostResponses) throw tooManyReferences();
  const responses = await Promise.all(others.map((id) => RESPONSES.getByName(id).read(keyName)));
  for (const { id, item } of responses.flatMap(readOutput)) found.set(id, item);
  return found;
}

/** The responses that the ids of items name, each once, in their order. */
function nameResponses(ids: readonly string[]): string[] {
  return [...new Set(ids.map(findResponseId).filter((id) => id !== undefined))];
}

/** The output of a response that will not change any more. */
function readOutput(stored: StoredRecord | undefined): StoredItem[] {
  return stored?.status === "final" ? outputItems(parseRecord(decodeJson(stored.response)) ?? {}) : [];
}

function itemNotFound(index: number): ApiError {
  return invalidRequest({
    code: "item_not_found",
    param: `input[${index}]`,
    message:
      "The item referred to is not in the context that this request continues, and its id leads to no stored response that has it. Send the item itself, or the `previous_response_id` it belongs to.",
  });
}

function tooManyReferences(): ApiError {
  return invalidRequest({
    code: "too_many_references",
    param: "input",
    message: `The items referred to belong to more than ${mostResponses} stored responses. Send the items themselves, or continue the last response by \`previous_response_id\`.`,
  });
}
