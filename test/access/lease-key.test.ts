import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createKey, createKeyId, digestKey, managedKeyPattern, renderDigest } from "../../src/access/hash-key.ts";
import type { ManagedKeyRecord } from "../../src/access/key-rpc.ts";
import { endLease, leaseKey } from "../../src/access/lease-key.ts";
import { keyIdPattern } from "../../src/config.ts";

const limits = {
  requests_per_minute: null,
  daily_tokens: null,
  monthly_tokens: null,
  daily_usd: null,
  monthly_usd: null,
};

function describeKey(expiresAt: number | null = null): ManagedKeyRecord {
  return { id: createKeyId(), name: "alice", expiresAt, models: ["@cf/openai/gpt-oss-20b"], limits };
}

/** The objects of this project, counting how often they are asked. */
function countingKeys() {
  const asked: string[] = [];
  const getByName = (hash: string) => ({
    lease() {
      asked.push(hash);
      return env.KEYS.getByName(hash).lease();
    },
  });
  return { asked, keys: { getByName } };
}

/** At a time of its own, so that no test waits for a lease to end. */
async function at<Value>(time: number, run: () => Promise<Value>): Promise<Value> {
  vi.useFakeTimers({ toFake: ["Date"], now: time });
  try {
    return await run();
  } finally {
    vi.useRealTimers();
  }
}

async function hashOf(key: string): Promise<string> {
  return renderDigest(await digestKey(key));
}

describe("a managed key", () => {
  it("is 32 random bytes, and its object is named by their SHA-256", async () => {
    expect(createKey()).toMatch(managedKeyPattern);
    expect(createKey()).not.toBe(createKey());
    expect(createKeyId()).toMatch(keyIdPattern);
    expect(await hashOf("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("is leased as it was saved", async () => {
    const hash = await hashOf(createKey());
    const key = describeKey();
    await env.KEYS.getByName(hash).create(key);
    expect(await leaseKey(env.KEYS, hash)).toEqual(key);
  });

  it("is undefined alike when it never was, has expired or was revoked", async () => {
    const [unknown, expired, revoked] = await Promise.all([createKey(), createKey(), createKey()].map(hashOf));
    if (unknown === undefined || expired === undefined || revoked === undefined) throw new Error("no hash");
    await env.KEYS.getByName(expired).create(describeKey(Math.floor(Date.now() / 1_000) - 1));
    await env.KEYS.getByName(revoked).create(describeKey());
    await env.KEYS.getByName(revoked).revoke();
    const { keys } = countingKeys();
    for (const hash of [unknown, expired, revoked]) expect(await leaseKey(keys, hash)).toBeUndefined();
  });
});

describe("a lease", () => {
  it("is asked for once in thirty seconds, for a valid key and for an unknown one", async () => {
    const { asked, keys } = countingKeys();
    const start = Date.now();
    const [known, unknown] = [await hashOf(createKey()), await hashOf(createKey())];
    await env.KEYS.getByName(known).create(describeKey());
    for (const hash of [known, unknown]) {
      await at(start, () => leaseKey(keys, hash));
      await at(start + 29_999, () => leaseKey(keys, hash));
      expect(asked.filter((name) => name === hash)).toHaveLength(1);
      await at(start + 30_000, () => leaseKey(keys, hash));
      expect(asked.filter((name) => name === hash)).toHaveLength(2);
    }
  });

  it("lets a revoked key through for thirty seconds at most", async () => {
    const { keys } = countingKeys();
    const start = Date.now();
    const hash = await hashOf(createKey());
    await env.KEYS.getByName(hash).create(describeKey());
    expect(await at(start, () => leaseKey(keys, hash))).toBeDefined();
    await env.KEYS.getByName(hash).revoke();
    expect(await at(start + 29_999, () => leaseKey(keys, hash))).toBeDefined();
    expect(await at(start + 30_000, () => leaseKey(keys, hash))).toBeUndefined();
  });

  it("ends when its key expires", async () => {
    const { keys } = countingKeys();
    const start = Math.floor(Date.now() / 1_000) * 1_000;
    const hash = await hashOf(createKey());
    await env.KEYS.getByName(hash).create(describeKey(start / 1_000 + 10));
    expect(await at(start, () => leaseKey(keys, hash))).toBeDefined();
    expect(await at(start + 9_999, () => leaseKey(keys, hash))).toBeDefined();
    expect(await at(start + 10_000, () => leaseKey(keys, hash))).toBeUndefined();
  });

  it("ends at once where the key was changed", async () => {
    const { asked, keys } = countingKeys();
    const hash = await hashOf(createKey());
    await leaseKey(keys, hash);
    endLease(keys, hash);
    await leaseKey(keys, hash);
    expect(asked).toHaveLength(2);
  });

  it("is refused with 503 when the key's object can't be asked, also after one that has ended", async () => {
    let isDown = false;
    const keys = {
      getByName: (hash: string) => ({
        lease: () => (isDown ? Promise.reject(new Error("down")) : env.KEYS.getByName(hash).lease()),
      }),
    };
    const start = Date.now();
    const hash = await hashOf(createKey());
    await env.KEYS.getByName(hash).create(describeKey());
    await at(start, () => leaseKey(keys, hash));
    isDown = true;
    expect(await at(start + 29_999, () => leaseKey(keys, hash))).toBeDefined();
    await expect(at(start + 30_000, () => leaseKey(keys, hash))).rejects.toMatchObject({
      status: 503,
      code: "key_not_checked",
      message: "The API key could not be checked. Try again.",
    });
  });

  it("is held for ten thousand keys", async () => {
    const asked: string[] = [];
    const keys = { getByName: (hash: string) => ({ lease: () => Promise.resolve(void asked.push(hash)) }) };
    for (let index = 0; index <= 10_000; index++) await leaseKey(keys, String(index));
    await leaseKey(keys, "1");
    expect(asked).toHaveLength(10_001);
    await leaseKey(keys, "0");
    expect(asked).toHaveLength(10_002);
  });
});
