import type { Context } from "hono";
import { type ApiError, invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readJsonBody } from "../http/read-body.ts";
import { renderPath, unknownItem, validate } from "../http/validate.ts";
import { ConversationBody } from "../protocol/conversation.ts";
import { isReference, schemaOfItem, typeOfItem } from "../protocol/input-items.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { mostContextMib } from "../state/bounds.ts";
import { type StoredItem, toStoredItems } from "../state/stored-item.ts";

/** Reads what makes or changes a conversation. Throws 400 for anything else, and for items that refer to others. */
export async function readConversationBody(
  context: Context<AppEnv>,
): Promise<{ metadata: Record<string, string> | undefined; items: StoredItem[] | undefined }> {
  // A new conversation needs no field, so no body either.
  const { metadata, items } = validate(ConversationBody, await readJsonBody(context, { absent: {} }));
  for (const [index, item] of items?.entries() ?? []) checkItem(item, ["items", index]);
  return {
    // `null` takes away what was there; without the field nothing is said of it.
    metadata: metadata === null ? {} : metadata,
    items: items === undefined || items === null ? undefined : toStoredItems(items),
  };
}

/** Throws 400 for an invalid item: in a conversation it would fail every later request. */
function checkItem(item: JsonRecord, path: readonly PropertyKey[]): void {
  if (isReference(item)) {
    throw invalidRequest({
      code: "item_not_found",
      param: renderPath(path),
      message: "A conversation keeps items, not references to them. Send the item itself.",
    });
  }
  const schema = schemaOfItem(typeOfItem(item));
  if (schema === undefined) throw unknownItem(path);
  validate(schema, item, path);
}

export function conversationFull(): ApiError {
  return invalidRequest({
    code: "conversation_too_large",
    param: "items",
    message: `A conversation holds ${mostContextMib} MiB or 20,000 items at most. Delete some, or create another conversation.`,
  });
}
