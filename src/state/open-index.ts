import type { ObjectNamespace } from "./object-namespace.ts";
import type { Place } from "./place.ts";

/** What a part of the index can be asked. Only `add` writes to an empty one. */
export interface ResponseIndexRpc {
  /** Says where a response is. Returns false when there is one with this id already. */
  add(id: string, pointer: Place & { expiresAt: number }): Promise<boolean>;
  find(id: string): Promise<Place | undefined>;
  remove(id: string): Promise<void>;
}

/** Parts of each owner's index. Each is one object, which answers some hundred calls a second and holds 10 GB. */
const parts = 16;

/** The part of an owner's index that knows this id. */
export function openIndex(
  namespace: ObjectNamespace<ResponseIndexRpc>,
  { owner, id }: { owner: string; id: string },
): ResponseIndexRpc {
  return namespace.getByName(`${owner}/${hash(id) % parts}`);
}

/** FNV-1a, 32 bits: spreads ids evenly, whoever chose them. */
function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  return value >>> 0;
}
