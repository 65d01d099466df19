import type { JsonBytes } from "./json-bytes.ts";

/** A conversation without its items. */
export interface KeptConversation {
  /** Unix seconds. */
  createdAt: number;
  /** JSON of the metadata. */
  metadata: string;
}

/** A conversation as it goes into its object. */
export interface ConversationToKeep extends KeptConversation {
  /** Name of the key that may use it. */
  owner: string;
  /** When it is erased unless something is added to it, in Unix milliseconds. */
  expiresAt: number;
  /** Its first items as `KeptItem`s. */
  items: JsonBytes;
}

/** Items as they go to the end of a conversation. */
export interface ItemsToAdd {
  items: JsonBytes;
  /** When the conversation is erased unless something else is added, in Unix milliseconds. */
  expiresAt: number;
  /** Of a turn that may come twice: the second time nothing is added. */
  turnId?: string | undefined;
}

/** What became of them. */
export interface AddedItems {
  outcome: "added" | "gone" | "full";
  /** Their ids as they are kept: one that was taken is another now. None unless they were added by this call. */
  ids: string[];
}

/** What one conversation's object can be asked. An owner who isn't its own gets what an unknown id gives: undefined. */
export interface ConversationRpc {
  create(conversation: ConversationToKeep): Promise<void>;
  read(owner: string): Promise<KeptConversation | undefined>;
  /** Replaces the metadata. */
  update(owner: string, metadata: string): Promise<KeptConversation | undefined>;
  /** All items, oldest first, in one read. */
  readItems(owner: string): Promise<JsonBytes | undefined>;
  /** Adds `KeptItem`s, all or none, and puts the conversation's end off. */
  append(owner: string, added: ItemsToAdd): Promise<AddedItems>;
  /** Erases an item. Returns false when there is no such item or conversation. */
  eraseItem(owner: string, itemId: string): Promise<boolean>;
  /** Erases all that the object holds. Returns false when there was nothing to erase. */
  erase(owner: string): Promise<boolean>;
}
