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
  /** JSON of its first items as `KeptItem`s. */
  items: string;
}

/** What one conversation's object can be asked. An owner who isn't its own gets what an unknown id gives: undefined. */
export interface ConversationRpc {
  create(conversation: ConversationToKeep): Promise<void>;
  read(owner: string): Promise<KeptConversation | undefined>;
  /** Replaces the metadata. */
  update(owner: string, metadata: string): Promise<KeptConversation | undefined>;
  /** JSON of all items, oldest first, in one read. */
  readItems(owner: string): Promise<string | undefined>;
  /** Adds items, JSON of `KeptItem`s, all or none, and puts the conversation's end off. Returns false when it is gone. */
  append(owner: string, added: { items: string; expiresAt: number }): Promise<boolean>;
  /** Erases an item. Returns false when there is no such item or conversation. */
  eraseItem(owner: string, itemId: string): Promise<boolean>;
  /** Erases all that the object holds. Returns false when there was nothing to erase. */
  erase(owner: string): Promise<boolean>;
}
