import { ApiError } from "../errors.ts";
import type { ManagedKeyRecord, ManagedKeyRpc } from "./key-rpc.ts";

/** How long an isolate goes by what a key's object said, in milliseconds: a revocation holds everywhere within that. */
export const leaseMs = 30_000;

/** Leases one isolate holds. With more keys than that in use, those asked for longest ago are asked for again. */
const mostLeases = 10_000;

interface Lease {
  /** Undefined for a key that is not valid. */
  key: ManagedKeyRecord | undefined;
  /** Unix milliseconds. */
  until: number;
}

export interface KeyNamespace {
  getByName(hash: string): Pick<ManagedKeyRpc, "lease">;
}

const leases = new WeakMap<KeyNamespace, Map<string, Lease>>();

/**
 * The managed key of that hash if it is valid, by the isolate's lease of it or by its object. A key that has expired,
 * was revoked or never was is undefined. Throws 503 when the object can't be asked: who revokes a key wants it to hold.
 */
export async function leaseKey(keys: KeyNamespace, hash: string): Promise<ManagedKeyRecord | undefined> {
  const held = heldBy(keys);
  const known = held.get(hash);
  if (known !== undefined && Date.now() < known.until) return known.key;
  // Deleted first: a key asked for again goes to the end of the map, and the front is what is longest unused.
  held.delete(hash);
  const askedAt = Date.now();
  const key = await keys.getByName(hash).lease().catch(reportUnknown);
  const until = Math.min(askedAt + leaseMs, (key?.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000);
  held.set(hash, { key, until });
  if (held.size > mostLeases) dropOldest(held);
  return key;
}

/** Ends this isolate's lease of a key: the isolate that changed it is the first to go by the change. */
export function endLease(keys: KeyNamespace, hash: string): void {
  heldBy(keys).delete(hash);
}

function heldBy(keys: KeyNamespace): Map<string, Lease> {
  let held = leases.get(keys);
  if (held === undefined) {
    held = new Map();
    leases.set(keys, held);
  }
  return held;
}

function dropOldest(held: Map<string, Lease>): void {
  const [oldest] = held.keys();
  if (oldest !== undefined) held.delete(oldest);
}

function reportUnknown(cause: unknown): never {
  throw new ApiError({
    status: 503,
    type: "server_error",
    code: "key_not_checked",
    message: "The API key could not be checked. Try again.",
    headers: { "retry-after": "1" },
    cause,
  });
}
