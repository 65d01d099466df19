import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ListedKey } from "../../src/access/key-rpc.ts";

const limits = {
  requests_per_minute: 60,
  daily_tokens: 1_000,
  monthly_tokens: null,
  daily_usd: 0.5,
  monthly_usd: null,
};

/** A directory no other test uses. */
let directories = 0;
function createDirectory() {
  return env.KEY_DIRECTORY.getByName(`directory-${directories++}`);
}

function keyOf(id: string, fields: Partial<ListedKey> = {}): ListedKey {
  return { id, name: `name-${id}`, createdAt: 100, expiresAt: null, models: null, limits, ...fields };
}

const counts = {
  requests: 2,
  failed_requests: 1,
  unreported_requests: 0,
  input_tokens: 30,
  cached_tokens: 4,
  output_tokens: 20,
  reasoning_tokens: 5,
  cost: 12_000,
  unpriced_requests: 0,
};

describe("the directory of keys", () => {
  it("finds what was added, with the hash and every setting", async () => {
    const directory = createDirectory();
    const key = keyOf("a", { expiresAt: 200, models: ["@cf/openai/gpt-oss-20b"] });
    expect(await directory.add(key, "hash-a")).toBe(true);
    expect(await directory.find("a")).toEqual({ key, hash: "hash-a" });
    expect(await directory.find("b")).toBeUndefined();
  });

  it("gives one name to one key, until that key is revoked", async () => {
    const directory = createDirectory();
    await directory.add(keyOf("a", { name: "team" }), "hash-a");
    await directory.add(keyOf("b"), "hash-b");
    expect(await directory.add(keyOf("c", { name: "team" }), "hash-c")).toBe(false);
    expect(await directory.change(keyOf("b", { name: "team" }))).toBe(false);
    expect(await directory.change(keyOf("a", { name: "team", expiresAt: 300 }))).toBe(true);
    expect(await directory.remove("a", "hash-b")).toBe(false);
    expect(await directory.remove("a", "hash-a")).toBe(true);
    expect(await directory.remove("a", "hash-a")).toBe(false);
    expect(await directory.add(keyOf("c", { name: "team" }), "hash-c")).toBe(true);
    expect(await directory.find("a")).toBeUndefined();
    expect((await directory.list({ limit: 10, after: undefined })).map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("lists a key under another hash only in place of the one it has", async () => {
    const directory = createDirectory();
    await directory.add(keyOf("a"), "hash-1");
    expect(await directory.replaceHash("a", { from: "hash-1", to: "hash-2" })).toBe(true);
    expect(await directory.replaceHash("a", { from: "hash-1", to: "hash-3" })).toBe(false);
    expect(await directory.find("a")).toMatchObject({ hash: "hash-2" });
    await directory.remove("a", "hash-2");
    expect(await directory.replaceHash("a", { from: "hash-2", to: "hash-4" })).toBe(false);
  });

  it("lists keys in the order they were made, page by page", async () => {
    const directory = createDirectory();
    for (const id of ["d", "b", "a", "c"]) await directory.add(keyOf(id), `hash-${id}`);
    const idsAfter = async (after: string | undefined, limit = 10) =>
      (await directory.list({ limit, after })).map(({ id }) => id);
    expect(await idsAfter(undefined)).toEqual(["d", "b", "a", "c"]);
    expect(await idsAfter(undefined, 2)).toEqual(["d", "b"]);
    expect(await idsAfter("b", 1)).toEqual(["a"]);
    expect(await idsAfter("c")).toEqual([]);
    await directory.remove("b", "hash-b");
    expect(await idsAfter("b")).toEqual(["a", "c"]);
  });

  it("replaces what a counter pushed before, and sums use by owner, today and this month", async () => {
    const directory = createDirectory();
    const day = (date: string, more: object = {}) => ({
      date,
      usage: [{ date, model: "m", ...counts, ...more }],
      errors: [{ code: "invalid_json", count: 3 }],
      latencies: [{ bucket: 10, count: 2 }],
    });
    await directory.push("alice", [day("2026-11-01"), day("2026-11-23"), day("2026-10-31")]);
    await directory.push("alice", [day("2026-11-23", { requests: 5, input_tokens: 100 })]);
    await directory.push("key_1", [day("2026-11-23")]);
    expect(await directory.readUsed("2026-11-23")).toEqual([
      { owner: "alice", date: "2026-11-23", dayTokens: 120, dayCost: 12_000, monthTokens: 170, monthCost: 24_000 },
      { owner: "key_1", date: "2026-11-23", dayTokens: 50, dayCost: 12_000, monthTokens: 50, monthCost: 12_000 },
    ]);
    expect(await directory.readUsage("2026-11-02", "2026-11-23")).toEqual([
      { owner: "alice", date: "2026-11-23", model: "m", ...counts, requests: 5, input_tokens: 100 },
      { owner: "key_1", date: "2026-11-23", model: "m", ...counts },
    ]);
    expect(await directory.readErrors("2026-11-01", "2026-11-30")).toEqual([{ code: "invalid_json", count: 9 }]);
    expect(await directory.readLatencies("2026-11-23", "2026-11-23")).toEqual([{ bucket: 10, count: 4 }]);
  });

  it("forgets what is over 400 days old", async () => {
    const directory = createDirectory();
    const date = new Date(Date.now() - 401 * 86_400_000).toISOString().slice(0, 10);
    const usage = [{ date, model: "m", ...counts }];
    await directory.push("alice", [{ date, usage, errors: [], latencies: [] }]);
    expect(await directory.readUsage("2000-01-01", "2100-01-01")).toEqual([]);
  });
});
