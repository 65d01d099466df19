import type { KeyLimits } from "../call.ts";

/** What the admin decides about a managed key. */
export interface KeySettings {
  /** What a person calls it: unique among the keys that are not revoked. */
  name: string;
  /** Unix seconds; null for a key that does not expire. */
  expiresAt: number | null;
  /** Full Workers AI names; null for all that the Worker serves. */
  models: readonly string[] | null;
  limits: KeyLimits;
}

/** A managed key as its own object holds it. The key itself is stored nowhere: the object's name is its hash. */
export interface ManagedKeyRecord extends KeySettings {
  /** What owns state and usage. It outlives names and secrets. */
  id: string;
}

/** What one key's object can be asked. */
export interface ManagedKeyRpc {
  /** The key, if it may be used now. A key that never was, has expired or was revoked is undefined, all alike. */
  lease(): Promise<ManagedKeyRecord | undefined>;
  /** Makes the key. */
  create(key: ManagedKeyRecord): Promise<void>;
  /** Gives the key other settings. A key that was revoked meanwhile stays so. */
  change(key: ManagedKeyRecord): Promise<void>;
  /** Erases all that the object holds. */
  revoke(): Promise<void>;
}

/** A managed key as the directory lists it. */
export interface ListedKey extends ManagedKeyRecord {
  /** Unix seconds. */
  createdAt: number;
}

/** What one directory can be asked about keys. Only routes of the admin ask it. */
export interface KeyListRpc {
  /** Lists a key under its hash. Returns false when another key has the name. */
  add(key: ListedKey, hash: string): Promise<boolean>;
  /** Returns false when another key has the name. */
  change(key: ManagedKeyRecord): Promise<boolean>;
  find(id: string): Promise<{ key: ListedKey; hash: string } | undefined>;
  /** Keys that are not revoked, in the order they were made: `limit` of them, after the one of that id. */
  list(page: { limit: number; after: string | undefined }): Promise<ListedKey[]>;
  /** Lists the key under the hash of its new secret. Returns false when it is not listed under `from` any more. */
  replaceHash(id: string, hashes: { from: string; to: string }): Promise<boolean>;
  /** Takes the key off the list, and keeps what it used. Returns false when it is not listed under `hash` any more. */
  remove(id: string, hash: string): Promise<boolean>;
}
