import { isRecord, type JsonRecord } from "./read-value.ts";

/** The id of a request's `conversation`, which is that id or an object with it. */
export function findConversationId({ conversation }: JsonRecord): string | undefined {
  const id = isRecord(conversation) ? conversation["id"] : conversation;
  return typeof id === "string" ? id : undefined;
}

/** A request's conversation as its Response repeats it; nothing when there is none. */
export function echoConversation(document: JsonRecord): { conversation?: { id: string } } {
  const id = findConversationId(document);
  return id === undefined ? {} : { conversation: { id } };
}
