import type { JsonBytes } from "./json-bytes.ts";

/** Items as they travel: bytes, since a value may hold numbers that can't be cloned. */
export interface PackedItems {
  /** By which each item is listed and referred to. */
  ids: string[];
  /** Bytes of each item's JSON. */
  lengths: number[];
  /** The JSON of all items, one after the other. */
  data: JsonBytes;
  /** JSON of what was converted of an item, by its index. */
  conversions: { index: number; data: JsonBytes }[];
}

/** `queued`: a background run is to end it. `final`: it will not change any more. */
export type TurnStatus = "queued" | "final";

/** How the Response was made. `streamed`: by a background run whose events are stored. */
export type TurnKind = "foreground" | "background" | "streamed";

/** A turn as it goes into its thread. */
export interface TurnToSave {
  /** Name of the key that may read it. */
  owner: string;
  /** Made by `createTurn`. A turn that is saved twice is stored once. */
  turn: number;
  /** The turn that this one continues, in the same thread. */
  parent?: number;
  /** The conversation that this turn continues, as it was then. */
  conversation?: {
    /** `ThreadContext.version` */
    version: number;
    /** Whether its items go to the end of the conversation. */
    append: boolean;
  };
  status: TurnStatus;
  kind: TurnKind;
  /** When the response goes, in Unix milliseconds; undefined when there is no response to store. */
  expiresAt?: number;
  /** The Response without its output. */
  response: JsonBytes;
  /** Ignored when a queued turn ends. */
  input: PackedItems;
  output: PackedItems;
}

/**
 * `saved`: the turn is there. `deleted`: it was there, and was deleted while it was being made. `no_parent`: the turn
 * or the conversation that it continues is gone with all its items, so nothing was written.
 */
export type SaveOutcome = "saved" | "deleted" | "no_parent";

export interface SavedTurn {
  outcome: SaveOutcome;
  /** What became of the conversation: it was deleted meanwhile, or is full. Undefined when all is well. */
  conversation?: "gone" | "full";
}

/** Where a context is read. */
export type ContextSource = { turn: number } | "conversation";

/** How much of it. */
export interface ContextOptions {
  withIds: boolean;
  /** Of a context with more bytes than these, only their number is read. */
  mostBytes: number;
}

/** All that a model was given and answered up to a turn, or a conversation as it is. */
export interface ThreadContext {
  status: TurnStatus;
  /** A JSON array, oldest first; empty when there are more bytes than were asked for, or than a context may have. */
  items: JsonBytes;
  /** A JSON object of what was converted of the items, by their index. */
  conversions: JsonBytes;
  /** Approximate size of the items. */
  bytes: number;
  /** The ids of the items, where they were asked for. */
  ids: string[];
  /** The conversation as it is now, for the turn that continues it. */
  version: number;
  isTooLarge: boolean;
  /** The object takes no further turns. */
  isFull: boolean;
}

/** A Response as its thread has it. */
export interface StoredTurn {
  status: TurnStatus;
  kind: TurnKind;
  /** The Response, with its output. */
  response: JsonBytes;
}

/** Which part of a list is asked for. */
export interface PageOf {
  limit: number;
  order: "asc" | "desc";
  /** The id after which the page starts. */
  after: string | undefined;
}

/** A part of a list in the order that was asked for. */
export interface ItemPage {
  /** Whether there is an item `after`; without it the page is empty. */
  isFound: boolean;
  ids: string[];
  /** A JSON array. */
  items: JsonBytes;
  hasMore: boolean;
}

/** A conversation without its items. */
export interface StoredConversation {
  /** Unix seconds. */
  createdAt: number;
  /** JSON of the metadata. */
  metadata: string;
}

/** What became of items that go to the end of a conversation. */
export interface AppendedItems {
  outcome: "added" | "gone" | "full";
  /** Their ids as stored: one that was taken is replaced. */
  ids: string[];
}

/**
 * What one thread's object can be asked. Another owner gets what an unknown id gives: undefined or false. Only
 * `saveTurn` and `createConversation` write to an empty object.
 */
export interface ThreadRpc {
  readContext(owner: string, source: ContextSource, options: ContextOptions): Promise<ThreadContext | undefined>;
  saveTurn(turn: TurnToSave): Promise<SavedTurn>;
  readTurn(owner: string, turn: number): Promise<StoredTurn | undefined>;
  /** A part of what the model was given for a turn, earlier turns included. */
  listInput(owner: string, turn: number, page: PageOf): Promise<ItemPage | undefined>;
  /** Those of the items with these ids that belong to responses that have ended and were not deleted. */
  readItems(owner: string, ids: string[]): Promise<{ ids: string[]; items: JsonBytes }>;
  /** Uses up an item that `readItems` finds: true for the first who asks, and for nobody after. */
  claimItem(owner: string, id: string): Promise<boolean>;
  /** Makes a turn unreadable, and deletes what no other turn continues. Returns its kind; undefined when there is none. */
  deleteTurn(owner: string, turn: number): Promise<TurnKind | undefined>;

  createConversation(owner: string, conversation: StoredConversation, items: PackedItems): Promise<void>;
  readConversation(owner: string): Promise<StoredConversation | undefined>;
  /** Replaces the metadata. */
  updateConversation(owner: string, metadata: string): Promise<StoredConversation | undefined>;
  /** Deletes the conversation. Responses made in it stay. Returns false when there is none. */
  deleteConversation(owner: string): Promise<boolean>;
  /** Adds items, all or none. */
  appendItems(owner: string, items: PackedItems): Promise<AppendedItems>;
  listItems(owner: string, page: PageOf): Promise<ItemPage | undefined>;
  /** The item's JSON; `null` when the conversation has none with this id. */
  readItem(owner: string, id: string): Promise<JsonBytes | null | undefined>;
  /** Returns false when there is no such item; undefined when there is no such conversation. */
  deleteItem(owner: string, id: string): Promise<StoredConversation | false | undefined>;
}
