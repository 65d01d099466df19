import { DurableObject } from "cloudflare:workers";
import type { ManagedKeyRecord, ManagedKeyRpc } from "../access/key-rpc.ts";

/**
 * The Durable Object behind the binding KEYS: one managed key, named by the SHA-256 of the key. It holds one record and
 * nothing else: an object that is asked about a key that never existed writes nothing and costs nothing.
 */
export class ManagedKey extends DurableObject implements ManagedKeyRpc {
  async lease(): Promise<ManagedKeyRecord | undefined> {
    const key = await this.ctx.storage.get<ManagedKeyRecord>("key");
    const isValid = key !== undefined && (key.expiresAt === null || key.expiresAt * 1_000 > Date.now());
    return isValid ? key : undefined;
  }

  async create(key: ManagedKeyRecord): Promise<void> {
    await this.ctx.storage.put("key", key);
  }

  async change(key: ManagedKeyRecord): Promise<void> {
    if ((await this.ctx.storage.get("key")) !== undefined) await this.ctx.storage.put("key", key);
  }

  async revoke(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
