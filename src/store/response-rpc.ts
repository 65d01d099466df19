import type { JsonBytes } from "./json-bytes.ts";
import type { RecordKind, RecordStatus } from "./response-record.ts";

/** A response as it goes into its object. */
export interface ResponseToKeep {
  /** Name of the key that may read it. */
  owner: string;
  /** When it is erased, in Unix milliseconds. */
  expiresAt: number;
  /** The Response. */
  response: JsonBytes;
  /** All that the model was given as `KeptItem`s, oldest first: the turns before this one and its own input. */
  items: JsonBytes;
}

/** A response that its object has to make: a background run. */
export interface ResponseToMake extends ResponseToKeep {
  /** What the run has to know beside the items: the object only hands it on. */
  job: JsonBytes;
  /** The run's events are kept. */
  streamed: boolean;
}

/** A response as its object has it. */
export interface KeptResponse {
  status: RecordStatus;
  kind: RecordKind;
  /** The Response. */
  response: JsonBytes;
}

/** What one response's object can be asked. An owner who isn't its own gets what an unknown id gives: undefined. */
export interface ResponseRpc {
  /** Keeps the response, with the alarm that will erase it. Returns false when there is one under this id already. */
  keep(response: ResponseToKeep): Promise<boolean>;
  /** Begins a background run. It goes on whoever leaves. Returns false when there is a response under this id already. */
  start(response: ResponseToMake): Promise<boolean>;
  read(owner: string): Promise<KeptResponse | undefined>;
  /** The Response and all that it was given, in one read. */
  readContext(owner: string): Promise<(KeptResponse & { items: JsonBytes }) | undefined>;
  /** The events of a streamed run from number `from` on, then live to their end, as a stream of events. */
  follow(owner: string, from: number): Promise<Response | undefined>;
  /** Ends a background run and its upstream call. Changes nothing when there is none to end. */
  cancel(owner: string): Promise<KeptResponse | undefined>;
  /** Erases all that the object holds, and ends its run. Returns false when there was nothing to erase. */
  erase(owner: string): Promise<boolean>;
}

/** A binding of Durable Objects, as far as it is used here. */
export interface ObjectNamespace<Rpc> {
  getByName(name: string): Rpc;
}
