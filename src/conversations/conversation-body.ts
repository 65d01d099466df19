import * as z from "zod/mini";
import { mapIssue } from "../protocol/map-issue.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { jsonObject } from "../protocol/schema.ts";

/** What makes or changes a conversation. */
export const ConversationBody = z.object({
  metadata: z.nullish(z.pipe(jsonObject({}), z.catchall(z.object({}), z.string()))),
  items: z.nullish(z.array(jsonObject({}))),
});

/** An item that says of what type it is. */
const TypedItem = z.looseObject({ type: z.string() });

/** A message, whose type may be left out. What its parts are is for the model's branch to say. */
const MessageItem = z.looseObject({
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), z.array(jsonObject({}))]),
});

/** Throws 400 for an item that is none: in a conversation it would fail every later turn. */
export function checkItem(item: JsonRecord, path: readonly PropertyKey[]): void {
  const { type = null, role } = item;
  const isMessage = type === "message" || (type === null && role !== undefined);
  const checked = (isMessage ? MessageItem : TypedItem).safeParse(item, { reportInput: true });
  if (!checked.success) throw mapIssue(checked.error.issues, path);
}
