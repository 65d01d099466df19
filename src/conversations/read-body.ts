import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { readJsonBody } from "../http/read-json-body.ts";
import { isReference } from "../protocol/is-reference.ts";
import { mapIssue } from "../protocol/map-issue.ts";
import { type JsonBytes, mostBytes, renderJson } from "../store/json-bytes.ts";
import { keepItems, type KeptItem } from "../store/kept-item.ts";
import { checkMetadata } from "./check-metadata.ts";
import { checkItem, ConversationBody } from "./conversation-body.ts";

/** Items that one call may add (github.com/openai/openai-openapi, `CreateConversationBody`). */
const maxItems = 20;

/** Reads what makes or changes a conversation. Throws 400 for what is none, and for items that refer to others. */
export async function readConversationBody(
  context: Context<AppEnv>,
): Promise<{ metadata: Record<string, string> | undefined; items: KeptItem[] | undefined }> {
  // A new conversation needs no field, so no body either.
  const document = await readJsonBody(context.req, {});
  const checked = ConversationBody.safeParse(document, { reportInput: true });
  if (!checked.success) throw mapIssue(checked.error.issues);
  const { metadata } = checked.data;
  checkMetadata(metadata ?? {});
  // The items as they were sent: the schema's copy would lose a key called `__proto__`.
  const items = Array.isArray(document["items"]) ? document["items"] : undefined;
  if (items !== undefined && items.length > maxItems) {
    throw invalidRequest({
      code: "too_many_items",
      param: "items",
      message: `One call can add ${maxItems} items. Add the others by further calls.`,
    });
  }
  const reference = items?.findIndex(isReference) ?? -1;
  if (reference !== -1) {
    throw invalidRequest({
      code: "item_not_found",
      param: `items[${reference}]`,
      message: "A conversation keeps items, not references to them. Send the item itself.",
    });
  }
  for (const [index, item] of items?.entries() ?? []) checkItem(item, ["items", index]);
  return {
    // `null` takes away what was there; without the field nothing is said of it.
    metadata: metadata === null ? {} : metadata,
    items: items === undefined ? undefined : keepItems(items),
  };
}

/** The items as they go into a conversation's object. Throws 400 for more than one holds. */
export function renderItems(items: readonly KeptItem[]): JsonBytes {
  const rendered = renderJson(items);
  if (rendered.length > mostBytes) throw conversationFull();
  return rendered;
}

export function conversationFull(): ApiError {
  return invalidRequest({
    code: "conversation_too_large",
    param: "items",
    message: "A conversation holds 32 MiB of items at most. Delete some, or create another conversation.",
  });
}
