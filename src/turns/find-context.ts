import type { Bindings } from "../config.ts";
import { conversationNotFound, openConversation } from "../conversations/find-conversation.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { idPattern } from "../store/id-pattern.ts";
import { decodeJson } from "../store/json-bytes.ts";
import { freshenIds, keepItems, type KeptItem, keepOutput, parseKeptItems } from "../store/kept-item.ts";
import { resolveReferences } from "./resolve-references.ts";

/** All that the model is given for one turn. */
export interface TurnInput {
  /** The turns before this one, oldest first. */
  earlier: readonly KeptItem[];
  /** The request's own input, its references resolved. */
  own: readonly KeptItem[];
}

/**
 * Finds what a request builds on: the stored context of `previous_response_id` or the items of its `conversation`, in
 * one read however long it is, and what its `item_reference`s stand for. Throws 400 for a response that can't be
 * continued and for a reference to an item that can't be found, 404 for a conversation that isn't there.
 */
export async function findContext(turn: {
  bindings: Bindings;
  document: CreateRequest;
  keyName: string;
}): Promise<TurnInput> {
  const earlier = await findEarlier(turn);
  const own = await resolveReferences({ ...turn, earlier });
  const { RESPONSES: responses, CONVERSATIONS: conversations } = turn.bindings;
  // Where nothing is kept, no item will ever be asked for by its id: a long conversation has hundreds.
  if (responses === undefined && conversations === undefined && typeof own !== "string") {
    return { earlier, own: own.map((item) => ({ id: "", item })) };
  }
  return { earlier, own: freshenIds(keepItems(own), idsOf(earlier)) };
}

async function findEarlier({
  bindings,
  document,
  keyName,
}: {
  bindings: Bindings;
  document: CreateRequest;
  keyName: string;
}): Promise<KeptItem[]> {
  const { previous_response_id: previousId } = document;
  if (typeof previousId === "string") return readPrevious(bindings, previousId, keyName);
  const conversationId = findConversationId(document);
  if (conversationId === undefined) return [];
  const items = await openConversation(bindings, conversationId).readItems(keyName);
  if (items === undefined) throw conversationNotFound();
  return parseKeptItems(items);
}

async function readPrevious(bindings: Bindings, id: string, keyName: string): Promise<KeptItem[]> {
  const context = idPattern.test(id) ? await bindings.RESPONSES?.getByName(id).readContext(keyName) : undefined;
  if (context === undefined) throw previousNotFound();
  if (context.status !== "final") {
    throw invalidRequest({
      code: "previous_response_not_finished",
      param: "previous_response_id",
      message: "The response with this `previous_response_id` is still being made. Continue it when it has ended.",
    });
  }
  const items = parseKeptItems(context.items);
  const output = keepOutput(parseRecord(decodeJson(context.response)) ?? {});
  return [...items, ...freshenIds(output, idsOf(items))];
}

function idsOf(items: readonly KeptItem[]): string[] {
  return items.map(({ id }) => id);
}

function previousNotFound(): ApiError {
  return invalidRequest({
    code: "previous_response_not_found",
    param: "previous_response_id",
    message:
      "There is no stored response with this `previous_response_id`. It was never stored, was deleted, or is too old. Send the whole context in `input`.",
  });
}
