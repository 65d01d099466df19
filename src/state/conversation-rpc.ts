import type { JsonBytes } from "./json-bytes.ts";

/** A conversation without its items. */
export interface ConversationRecord {
  /** Unix seconds. */
  createdAt: number;
  /** JSON of the metadata. */
  metadata: string;
}

/** A conversation as it goes into its object. */
export interface ConversationToStore extends ConversationRecord {
  /** Name of the key that may use it. */
  owner: string;
  /** When it is deleted unless something is added to it, in Unix milliseconds. */
  expiresAt: number;
  /** Its first items as `StoredItem`s. */
  items: JsonBytes;
}

/** Items as they go to the end of a conversation. */
export interface ItemsToAdd {
  items: JsonBytes;
  /** When the conversation is deleted unless something else is added, in Unix milliseconds. */
  expiresAt: number;
  /** Of a turn that may come twice: the second time is a no-op. */
  turnId?: string | undefined;
}

/** What became of them. */
export interface AddedItems {
  outcome: "added" | "gone" | "full";
  /** Their ids as stored; an id that was already taken is replaced. Empty unless this call added the items. */
  ids: string[];
}

/** What one conversation's object can be asked. An owner who isn't its own gets what an unknown id gives: undefined. */
export interface ConversationRpc {
  create(conversation: ConversationToStore): Promise<void>;
  read(owner: string): Promise<ConversationRecord | undefined>;
  /** Replaces the metadata. */
  update(owner: string, metadata: string): Promise<ConversationRecord | undefined>;
  /** All items, oldest first, in one read. */
  readItems(owner: string): Promise<JsonBytes | undefined>;
  /** Adds `StoredItem`s, all or none, and puts the conversation's end off. */
  append(owner: string, added: ItemsToAdd): Promise<AddedItems>;
  /** Deletes an item. Returns false when there is no such item or conversation. */
  deleteItem(owner: string, itemId: string): Promise<boolean>;
  /** Deletes all that the object holds. Returns false when there was nothing to delete. */
  delete(owner: string): Promise<boolean>;
}
