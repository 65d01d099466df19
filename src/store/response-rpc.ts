/** A response as it goes into its object. JSON travels as text: it may hold numbers that can't be cloned. */
export interface ResponseToKeep {
  /** Name of the key that may read it. */
  owner: string;
  /** When it is erased, in Unix milliseconds. */
  expiresAt: number;
  /** JSON of the final Response. */
  response: string;
  /** JSON of all that the model was given as `KeptItem`s, oldest first: the turns before this one and its own input. */
  items: string;
}

/** What the next turn builds on. */
export interface ResponseContext {
  response: string;
  items: string;
}

/** What one response's object can be asked. An owner who isn't its own gets what an unknown id gives. */
export interface ResponseRpc {
  /** Keeps the response, with the alarm that will erase it. Returns false when there is one under this id already. */
  keep(response: ResponseToKeep): Promise<boolean>;
  /** JSON of the Response. */
  read(owner: string): Promise<string | undefined>;
  /** The Response and all that it was given, in one read. */
  readContext(owner: string): Promise<ResponseContext | undefined>;
  /** Erases all that the object holds. Returns false when there was nothing to erase. */
  erase(owner: string): Promise<boolean>;
}

/** A binding of Durable Objects, as far as it is used here. */
export interface ObjectNamespace<Rpc> {
  getByName(name: string): Rpc;
}
