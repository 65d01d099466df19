import type { Bindings } from "../config.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import { isRecord, type JsonRecord } from "../protocol/read-value.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { keepItems, type KeptItem, parseKeptItems } from "../store/kept-item.ts";

/** All that the model is given for one turn. */
export interface TurnInput {
  /** The turns before this one, oldest first. */
  earlier: readonly KeptItem[];
  /** The request's own input, its references resolved. */
  own: readonly KeptItem[];
}

/** What an id may be made of. It is the name of an object: anything else can't be one's. */
export const idPattern = /^[\w-]{1,128}$/;

/**
 * Finds what a request builds on: the stored context of `previous_response_id`, in one read however long the chain is.
 * Throws 400 for a response that can't be continued, and for an `item_reference` to an item that isn't in the context.
 */
export async function findContext({
  bindings,
  document,
  keyName,
}: {
  bindings: Bindings;
  document: CreateRequest;
  keyName: string;
}): Promise<TurnInput> {
  const { previous_response_id: previousId } = document;
  const earlier = typeof previousId === "string" ? await readPrevious(bindings, previousId, keyName) : [];
  return { earlier, own: keepItems(resolveReferences(document.input, earlier)) };
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
  const { output } = parseRecord(context.response) ?? {};
  return [...parseKeptItems(context.items), ...keepItems(Array.isArray(output) ? output : [])];
}

function previousNotFound(): ApiError {
  return invalidRequest({
    code: "previous_response_not_found",
    param: "previous_response_id",
    message:
      "There is no stored response with this `previous_response_id`. It was never stored, was deleted, or is too old. Send the whole context in `input`.",
  });
}

/**
 * The input without its references. What they refer to is in the context already, and the model is given an item
 * once: a second copy of a tool call would be a second call.
 */
function resolveReferences(input: CreateRequest["input"], earlier: readonly KeptItem[]): string | unknown[] {
  if (typeof input === "string") return input;
  const known = new Set(earlier.map(({ id }) => id));
  return input.filter((item, index) => {
    if (!isReference(item)) return true;
    if (typeof item["id"] === "string" && known.has(item["id"])) return false;
    throw invalidRequest({
      code: "item_not_found",
      param: `input[${index}]`,
      message:
        "The item referred to is not in the context that this request continues. Send the item itself, or the `previous_response_id` it belongs to.",
    });
  });
}

function isReference(item: unknown): item is JsonRecord {
  return isRecord(item) && item["type"] === "item_reference";
}
