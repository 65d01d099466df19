import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ResponseIndex } from "../../src/objects/response-index.ts";
import { chooseThread } from "../../src/state/choose-thread.ts";
import { openIndex, type ResponseIndexRpc } from "../../src/state/open-index.ts";
import { createThread } from "../../src/state/place.ts";

const day = 86_400_000;

function inIndex<T>(
  work: (index: ResponseIndex, storage: DurableObjectStorage, reopen: () => ResponseIndex) => Promise<T>,
) {
  return runInDurableObject(env.THREADS.getByName(createThread()), async (_object, context) => {
    const reopen = () => new ResponseIndex(context, env);
    try {
      return await work(reopen(), context.storage, reopen);
    } finally {
      await context.storage.deleteAll();
    }
  });
}

function tablesOf(storage: DurableObjectStorage): unknown[] {
  return storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray();
}

const place = { thread: createThread(), turn: 7 };

describe("the index of responses", () => {
  it("finds what was added, adds an id once, and writes nothing when it is read", async () => {
    await inIndex(async (index, storage, reopen) => {
      expect(await index.find("resp_1")).toBeUndefined();
      await index.remove("resp_1");
      expect(tablesOf(storage)).toEqual([]);
      expect(await index.add("resp_1", { ...place, expiresAt: Date.now() + day })).toBe(true);
      expect(await reopen().find("resp_1")).toEqual(place);
      expect(await index.add("resp_1", { ...place, turn: 8, expiresAt: Date.now() + day })).toBe(false);
      expect(await index.find("resp_1")).toEqual(place);
      await index.remove("resp_1");
      expect(await index.find("resp_1")).toBeUndefined();
    });
  });

  it("forgets what has expired, by its alarm and before it, and leaves nothing behind", async () => {
    await inIndex(async (index, storage, reopen) => {
      await index.add("resp_1", { ...place, expiresAt: Date.now() + day });
      await index.add("resp_2", { ...place, expiresAt: Date.now() + 3 * day });
      const alarm = await storage.getAlarm();
      expect(alarm).toBeLessThan(Date.now() + 2 * day);
      storage.sql.exec("UPDATE pointer SET expires_at = ? WHERE id = 'resp_1'", Date.now() - 1);
      expect(await index.find("resp_1")).toBeUndefined();
      await reopen().alarm();
      expect(await index.find("resp_2")).toEqual(place);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 2 * day);
      storage.sql.exec("UPDATE pointer SET expires_at = ?", Date.now() - 1);
      expect(await index.add("resp_2", { ...place, turn: 9, expiresAt: Date.now() + day })).toBe(true);
      expect(await index.find("resp_2")).toEqual({ ...place, turn: 9 });
      storage.sql.exec("UPDATE pointer SET expires_at = ?", Date.now() - 1);
      await reopen().alarm();
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
    });
  });

  it("refuses what another schema has written", async () => {
    await inIndex(async (index, storage, reopen) => {
      await index.add("resp_1", { ...place, expiresAt: Date.now() + day });
      storage.sql.exec("UPDATE response_index SET schema = 2");
      await expect(reopen().find("resp_1")).rejects.toThrow(
        "state_schema_mismatch: stored by schema 2, this Worker reads 1",
      );
    });
  });

  it("has 16 parts for each owner, each with a share of the ids", () => {
    const names = new Map<string, number>();
    const namespace = {
      getByName(name: string): ResponseIndexRpc {
        names.set(name, (names.get(name) ?? 0) + 1);
        return {
          add: () => Promise.resolve(true),
          find: () => Promise.resolve(undefined),
          remove: () => Promise.resolve(),
        };
      },
    };
    for (let time = 0; time < 1_600; time++) openIndex(namespace, { owner: "alice", id: `resp_${createThread()}` });
    expect([...names.keys()].toSorted()).toEqual(Array.from({ length: 16 }, (_, part) => `alice/${part}`).toSorted());
    expect(Math.min(...names.values())).toBeGreaterThan(50);
  });
});

describe("the object of a new thread", () => {
  it("is shared by 32 threads of one owner", () => {
    const threads = Array.from({ length: 64 }, () => [chooseThread("test-a"), chooseThread("test-b")]);
    const own = threads.map(([first]) => first);
    expect(new Set(own.slice(0, 32)).size).toBe(1);
    expect(new Set(own.slice(32)).size).toBe(1);
    expect(new Set(threads.flat()).size).toBe(4);
  });
});
