import type { JsonBytes } from "./json-bytes.ts";

/**
 * `queued`: the run has not begun. `running`: it has. `closing`: it has its answer, and its conversation gets the turn
 * before its clients see the end. `final`: the Response will not change any more.
 */
export type RecordStatus = "queued" | "running" | "closing" | "final";

/** How the response came to be, and `streamed`: as a background run whose events are stored. */
export type RecordKind = "foreground" | "background" | "streamed";

/** A response as it goes into its object. */
export interface ResponseToStore {
  /** Name of the key that may read it. */
  owner: string;
  /** When it is deleted, in Unix milliseconds. */
  expiresAt: number;
  /** The Response. */
  response: JsonBytes;
  /** All that the model was given as `StoredItem`s, oldest first: the responses before this one and its own input. */
  items: JsonBytes;
}

/** A response that its object has to make: a background run. */
export interface ResponseToMake extends ResponseToStore {
  /** What the run has to know beside the items: the object only hands it on. */
  job: JsonBytes;
  /** The run's events are stored. */
  streamed: boolean;
}

/** A response as its object has it. */
export interface StoredRecord {
  status: RecordStatus;
  kind: RecordKind;
  /** The Response. */
  response: JsonBytes;
}

/** What one response's object can be asked. An owner who isn't its own gets what an unknown id gives: undefined. */
export interface ResponseRpc {
  /** Stores the response, with the alarm that will delete it. Returns false when there is one under this id already. */
  store(response: ResponseToStore): Promise<boolean>;
  /** Begins a background run. It goes on whoever leaves. Returns false when there is a response under this id already. */
  start(response: ResponseToMake): Promise<boolean>;
  read(owner: string): Promise<StoredRecord | undefined>;
  /** The Response and all that it was given, in one read. */
  readContext(owner: string): Promise<(StoredRecord & { items: JsonBytes }) | undefined>;
  /** The events of a streamed run from number `from` on, then live to their end, as a stream of events. */
  follow(owner: string, from: number): Promise<Response | undefined>;
  /** Ends a background run and its upstream call. Idempotent. */
  cancel(owner: string): Promise<StoredRecord | undefined>;
  /** Uses up an item of the Response: true for the first call with its id, false for every other. */
  claim(owner: string, itemId: string): Promise<boolean>;
  /** Deletes all that the object holds, and ends its run. Returns false when there was nothing to delete. */
  delete(owner: string): Promise<boolean>;
}

/** A binding of Durable Objects, as far as it is used here. */
export interface ObjectNamespace<Rpc> {
  getByName(name: string): Rpc;
}
