import type { Call, CheckedRequest } from "../call.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { idPattern } from "../protocol/ids.ts";
import { type JsonRecord, parseRecord } from "../protocol/json.ts";
import { conversationOf } from "../protocol/request.ts";
import { conversationNotFound, openConversation } from "./get-conversation.ts";
import { decodeJson } from "./json-bytes.ts";
import { resolveReferences } from "./resolve-references.ts";
import {
  type Conversion,
  freshenIds,
  outputItems,
  parseStoredItems,
  type StoredItem,
  toStoredItems,
} from "./stored-item.ts";

/** All that the model is given. */
export interface Context {
  /** The responses before this one, oldest first: what they were given and what they answered. */
  earlier: readonly StoredItem[];
  /** The request's own input, its references resolved. */
  own: string | readonly unknown[];
  /** What was converted of its items, by their index. */
  conversions?: ReadonlyMap<number, readonly Conversion[]>;
}

/**
 * Loads what a request builds on: the stored context of `previous_response_id` or the items of its `conversation`, in
 * one read however long it is, and what its `item_reference`s stand for. `held` is what it continues where the caller has
 * that in memory.
 * @throws {ApiError} 400 for a response that can't be continued and for a reference to an item that can't be found, 404
 * for a conversation that isn't there
 */
export async function loadContext(call: Call, request: CheckedRequest, held?: Context["earlier"]): Promise<Context> {
  const earlier = held ?? (await loadEarlier(call, request));
  return { earlier, own: await resolveReferences(call, { input: request.document.input, earlier }) };
}

/** What a request continues that comes after this one, which `response` answers. */
export function continueContext({ earlier, own, conversions }: Context, response: JsonRecord): StoredItem[] {
  const items = [...earlier, ...freshenIds(toStoredItems(own, conversions), idsOf(earlier))];
  return [...items, ...freshenIds(outputItems(response), idsOf(items))];
}

async function loadEarlier({ bindings, keyName }: Call, { mode, document }: CheckedRequest): Promise<StoredItem[]> {
  const parse = mode === "native" ? parseExact : JSON.parse;
  const { previous_response_id: previousId } = document;
  if (typeof previousId === "string") {
    const stored = idPattern.test(previousId)
      ? await bindings.RESPONSES?.getByName(previousId).readContext(keyName)
      : undefined;
    if (stored === undefined) throw previousNotFound();
    if (stored.status !== "final") throw previousNotFinished();
    const items = parseStoredItems(stored.items, parse);
    const output = outputItems(parseRecord(decodeJson(stored.response)) ?? {});
    return [...items, ...freshenIds(output, idsOf(items))];
  }
  const conversationId = conversationOf(document);
  if (conversationId === undefined) return [];
  const items = await openConversation(bindings, conversationId).readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  return parseStoredItems(items, parse);
}

export function idsOf(items: readonly StoredItem[]): string[] {
  return items.map(({ id }) => id);
}

function previousNotFinished(): ApiError {
  return invalidRequest({
    code: "previous_response_not_finished",
    param: "previous_response_id",
    message: "The response with this `previous_response_id` is still being made. Continue it when it has ended.",
  });
}

function previousNotFound(): ApiError {
  return invalidRequest({
    code: "previous_response_not_found",
    param: "previous_response_id",
    message:
      "There is no stored response with this `previous_response_id`. It was never stored, was deleted, or is too old. Send the whole context in `input`.",
  });
}
