import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { Thread } from "../../src/objects/threads/thread.ts";
import { decodeJson, renderJson } from "../../src/state/json-bytes.ts";
import { packItems } from "../../src/state/pack-items.ts";
import { createThread, createTurn, itemIdOf, placeOfItem } from "../../src/state/place.ts";
import type { TurnToSave } from "../../src/state/thread-rpc.ts";
import { readAll, readAllWithIds } from "./ask.ts";

const day = 86_400_000;

interface Scene {
  thread: Thread;
  storage: DurableObjectStorage;
  /** A new instance over the same storage, as after a restart. */
  reopen: () => Thread;
}

/** Runs `work` in the real storage of an object of its own, and deletes it. */
function inThread<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
  return runInDurableObject(env.THREADS.getByName(createThread()), async (_object, context) => {
    const { storage } = context;
    const reopen = () => new Thread(context, env);
    try {
      return await work({ thread: reopen(), storage, reopen });
    } finally {
      await storage.deleteAll();
    }
  });
}

const none = packItems([]);

function user(text: string, id = `in_${text}`): { id: string; item: object } {
  return { id, item: { role: "user", content: text } };
}

function said(text: string): { id: string; item: object } {
  return { id: `out_${text}`, item: { id: `out_${text}`, role: "assistant", content: text } };
}

/** A turn in which `text` was asked, and `re: text` answered. */
function turnOf(text: string, more: Partial<TurnToSave> = {}): TurnToSave {
  return {
    owner: "alice",
    turn: createTurn(),
    status: "final",
    kind: "foreground",
    expiresAt: Date.now() + day,
    response: renderJson({ id: `resp_${text}`, status: "completed" }),
    input: packItems([user(text)]),
    output: packItems([said(`re: ${text}`)]),
    ...more,
  };
}

async function save(thread: Thread, text: string, more: Partial<TurnToSave> = {}): Promise<number> {
  const turn = turnOf(text, more);
  expect(await thread.saveTurn(turn)).toEqual({ outcome: "saved" });
  return turn.turn;
}

function parse(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined ? undefined : JSON.parse(decodeJson(bytes));
}

function textsOf(bytes: Uint8Array | undefined): unknown {
  const items = parse(bytes);
  return Array.isArray(items) ? items.map((item: { content: string }) => item.content) : undefined;
}

async function contextOf(thread: Thread, turn: number): Promise<unknown> {
  return textsOf((await thread.readContext("alice", { turn }, readAll))?.items);
}

async function inputOf(thread: Thread, turn: number, page: Partial<Parameters<Thread["listInput"]>[2]> = {}) {
  const listed = await thread.listInput("alice", turn, { limit: 100, order: "asc", after: undefined, ...page });
  return listed === undefined ? undefined : { ...listed, items: textsOf(listed.items) };
}

function count(storage: DurableObjectStorage, table: string): number {
  return storage.sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).one().count;
}

function tablesOf(storage: DurableObjectStorage): unknown[] {
  return storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray();
}

describe("a thread", () => {
  it("gives each turn the context above it, oldest first, and keeps each item once", async () => {
    await inThread(async ({ thread, storage }) => {
      const one = await save(thread, "one");
      const two = await save(thread, "two", { parent: one });
      const left = await save(thread, "left", { parent: two });
      const right = await save(thread, "right", { parent: two });
      const start = ["one", "re: one", "two", "re: two"];
      expect(await contextOf(thread, two)).toEqual(start);
      expect(await contextOf(thread, left)).toEqual([...start, "left", "re: left"]);
      expect(await contextOf(thread, right)).toEqual([...start, "right", "re: right"]);
      // Four turns of an item on each side and a Response.
      expect(count(storage, "item")).toBe(12);
    });
  });

  it("returns the Response with its output last, and the ids of a context when they are asked for", async () => {
    await inThread(async ({ thread }) => {
      const turn = await save(thread, "hi", {
        response: renderJson({ id: "resp_1", "output-like": "}" }),
        output: packItems([said("a"), said("b")]),
      });
      const stored = await thread.readTurn("alice", turn);
      expect(stored).toMatchObject({ status: "final", kind: "foreground" });
      expect(decodeJson(stored?.response ?? new Uint8Array())).toBe(
        `{"id":"resp_1","output-like":"}","output":${JSON.stringify([said("a").item, said("b").item])}}`,
      );
      const context = await thread.readContext("alice", { turn }, readAllWithIds);
      expect(context).toMatchObject({ status: "final", ids: ["in_hi", "out_a", "out_b"], isTooLarge: false });
    });
  });

  it("keeps items and Responses that are longer than a row", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      const long = `${"ž".repeat(1_000_000)}end`;
      const response = renderJson({ id: "resp_1", instructions: long });
      const output = packItems([said(long), said("b")]);
      const turn = await save(thread, long, { output, response });
      const stored = await reopen().readTurn("alice", turn);
      expect(parse(stored?.response)).toEqual({
        id: "resp_1",
        instructions: long,
        output: [said(long).item, said("b").item],
      });
      const next = await save(thread, "next", { parent: turn });
      expect(await contextOf(thread, next)).toEqual([long, long, "b", "next", "re: next"]);
      expect(storage.sql.exec("SELECT max(length(data)) AS longest FROM item").one()).toEqual({ longest: 1_900_000 });
    });
  });

  it("saves a turn once, however often it is saved", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      const one = await save(thread, "one");
      const turn = turnOf("two", { parent: one });
      for (const object of [thread, thread, reopen()]) {
        expect(await object.saveTurn(turn)).toEqual({ outcome: "saved" });
      }
      expect(await contextOf(thread, turn.turn)).toEqual(["one", "re: one", "two", "re: two"]);
      expect(storage.sql.exec("SELECT children FROM turn WHERE id = ?", one).one()).toEqual({ children: 1 });
    });
  });

  it("writes all of a turn or nothing", async () => {
    await inThread(async ({ thread, storage }) => {
      const one = await save(thread, "one");
      storage.sql.exec(
        "CREATE TRIGGER fail BEFORE INSERT ON item WHEN NEW.id LIKE 'out_%' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      const turn = turnOf("two", { parent: one });
      await expect(thread.saveTurn(turn)).rejects.toThrow("disk full");
      expect([count(storage, "turn"), count(storage, "item")]).toEqual([1, 3]);
      storage.sql.exec("DROP TRIGGER fail");
      expect(await thread.saveTurn(turn)).toEqual({ outcome: "saved" });
    });
  });

  it("refuses a turn whose number would not be exact, and writes nothing of it", async () => {
    await inThread(async ({ thread, storage }) => {
      await save(thread, "one");
      storage.sql.exec("INSERT INTO item VALUES (?, '', x'')", Number.MAX_SAFE_INTEGER);
      await expect(thread.saveTurn(turnOf("two"))).rejects.toThrow("this object can number no further turn");
      expect([count(storage, "turn"), count(storage, "item")]).toEqual([1, 4]);
    });
  });

  it("writes many items, in few statements and all in order", async () => {
    await inThread(async ({ thread }) => {
      const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
      const turn = await save(thread, "many", { input: packItems(texts.map((text) => user(text))), output: none });
      expect(await contextOf(thread, turn)).toEqual(texts);
      expect(await inputOf(thread, turn, { after: "in_33", limit: 2 })).toMatchObject({ items: ["34", "35"] });
    });
  });

  it("says that a parent is gone, and writes nothing", async () => {
    await inThread(async ({ thread, storage }) => {
      expect(await thread.saveTurn(turnOf("x", { parent: 7 }))).toEqual({ outcome: "no_parent" });
      expect(tablesOf(storage)).toEqual([]);
      const one = await save(thread, "one");
      await save(thread, "other");
      await thread.deleteTurn("alice", one);
      expect(await thread.saveTurn(turnOf("x", { parent: one }))).toEqual({ outcome: "no_parent" });
      expect(count(storage, "turn")).toBe(1);
    });
  });

  it("belongs to one key: another key's turn looks like one that never existed, and reading writes nothing", async () => {
    await inThread(async ({ thread, storage }) => {
      const page = { limit: 1, order: "asc" as const, after: undefined };
      const ask = async (turn: number) => [
        await thread.readContext("bob", { turn }, readAllWithIds),
        await thread.readContext("bob", "conversation", readAllWithIds),
        await thread.readTurn("bob", turn),
        await thread.listInput("bob", turn, page),
        await thread.deleteTurn("bob", turn),
        await thread.readConversation("bob"),
        await thread.updateConversation("bob", "{}"),
        await thread.listItems("bob", page),
        await thread.readItem("bob", "x"),
        await thread.deleteItem("bob", "x"),
      ];
      const unknown = Array.from({ length: 10 }, () => undefined);
      expect(await ask(1)).toEqual(unknown);
      expect(await thread.deleteConversation("bob")).toBe(false);
      expect(await thread.appendItems("bob", none)).toEqual({ outcome: "gone", ids: [] });
      expect(await thread.readItems("bob", ["x"])).toEqual({ ids: [], items: renderJson([]) });
      expect(tablesOf(storage)).toEqual([]);

      await thread.createConversation("alice", { createdAt: 1, metadata: "{}" }, packItems([user("x", "x")]));
      const turn = await save(thread, "one");
      expect(await ask(turn)).toEqual(unknown);
      expect(await thread.deleteConversation("bob")).toBe(false);
      expect(await thread.appendItems("bob", none)).toEqual({ outcome: "gone", ids: [] });
      expect(await thread.saveTurn(turnOf("x", { owner: "bob" }))).toEqual({ outcome: "no_parent" });
      expect(await contextOf(thread, turn)).toEqual(["one", "re: one"]);
    });
  });

  it("refuses what another schema has written", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      const turn = await save(thread, "one");
      storage.sql.exec("UPDATE thread SET schema = 2");
      const message = "state_schema_mismatch: stored by schema 2, this Worker reads 1";
      await expect(reopen().readTurn("alice", turn)).rejects.toThrow(message);
      await expect(reopen().saveTurn(turnOf("two", { parent: turn }))).rejects.toThrow(message);
      expect(count(storage, "turn")).toBe(1);
    });
  });

  it("says that a context is too large, and returns none of it", async () => {
    await inThread(async ({ thread }) => {
      const one = await save(thread, "x".repeat(5_000_000), { output: none });
      const two = await save(thread, "y".repeat(5_000_000), { output: none, parent: one });
      expect(await thread.readContext("alice", { turn: one }, readAll)).toMatchObject({ isTooLarge: false });
      expect(await thread.readContext("alice", { turn: two }, readAll)).toEqual({
        status: "final",
        items: renderJson([]),
        ids: [],
        conversions: renderJson({}),
        bytes: expect.any(Number),
        version: 0,
        isTooLarge: true,
        isFull: false,
      });
      expect((await thread.readTurn("alice", two))?.status).toBe("final");
    });
  });
});

describe("a queued turn", () => {
  const run = { kind: "background" as const };

  it("has its input, and ends once", async () => {
    await inThread(async ({ thread }) => {
      const one = await save(thread, "one");
      const queued = turnOf("two", {
        ...run,
        parent: one,
        status: "queued",
        output: none,
        response: renderJson({ status: "queued" }),
      });
      expect(await thread.saveTurn(queued)).toEqual({ outcome: "saved" });
      const context = await thread.readContext("alice", { turn: queued.turn }, readAll);
      expect([context?.status, textsOf(context?.items)]).toEqual(["queued", ["one", "re: one", "two"]]);
      expect(parse((await thread.readTurn("alice", queued.turn))?.response)).toEqual({ status: "queued", output: [] });

      const ended = {
        ...queued,
        status: "final" as const,
        input: none,
        output: packItems([said("done")]),
        response: renderJson({ status: "completed" }),
      };
      for (let time = 0; time < 2; time++) expect(await thread.saveTurn(ended)).toEqual({ outcome: "saved" });
      expect(await thread.saveTurn({ ...ended, output: packItems([said("other")]) })).toEqual({ outcome: "saved" });
      expect(await thread.saveTurn(queued)).toEqual({ outcome: "saved" });
      expect(await thread.readTurn("alice", queued.turn)).toEqual({
        status: "final",
        kind: "background",
        response: renderJson({ status: "completed", output: [said("done").item] }),
      });
      expect(await contextOf(thread, queued.turn)).toEqual(["one", "re: one", "two", "done"]);
    });
  });

  it("that was deleted stays deleted when it ends, alone in its object or not", async () => {
    for (const isAlone of [true, false]) {
      await inThread(async ({ thread, storage }) => {
        if (!isAlone) await save(thread, "other");
        const queued = turnOf("two", { ...run, status: "queued", output: none });
        await thread.saveTurn(queued);
        expect(await thread.deleteTurn("alice", queued.turn)).toBe("background");
        expect(await thread.saveTurn({ ...queued, status: "final" })).toEqual({ outcome: "deleted" });
        expect(tablesOf(storage)).toHaveLength(isAlone ? 0 : 3);
      });
    }
  });
});

describe("a deleted turn", () => {
  it("can't be read, and keeps the items that living turns stand on, until the last of them goes", async () => {
    await inThread(async ({ thread, storage }) => {
      const one = await save(thread, "one");
      const two = await save(thread, "two", { parent: one });
      const [left, right] = [await save(thread, "left", { parent: two }), await save(thread, "right", { parent: two })];
      for (const turn of [one, two]) expect(await thread.deleteTurn("alice", turn)).toBe("foreground");
      expect(await thread.deleteTurn("alice", one)).toBeUndefined();
      expect([await thread.readTurn("alice", two), await contextOf(thread, two), await inputOf(thread, two)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(await contextOf(thread, left)).toEqual(["one", "re: one", "two", "re: two", "left", "re: left"]);
      await thread.deleteTurn("alice", left);
      expect(count(storage, "turn")).toBe(3);
      expect(await contextOf(thread, right)).toEqual(["one", "re: one", "two", "re: two", "right", "re: right"]);
      await thread.deleteTurn("alice", right);
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
    });
  });

  it("has its place to itself while a living turn stands on it, also without items", async () => {
    await inThread(async ({ thread, storage }) => {
      const empty = { input: none, output: none };
      const one = await save(thread, "one", empty);
      const two = await save(thread, "two", { ...empty, parent: one });
      await thread.deleteTurn("alice", one);
      const three = await save(thread, "three");
      const keys = storage.sql.exec<{ key: number }>("SELECT key FROM turn ORDER BY key").toArray();
      expect(keys.map(({ key }) => key / 2 ** 28)).toEqual([1, 2, 3]);
      expect([await contextOf(thread, two), await contextOf(thread, three)]).toEqual([[], ["three", "re: three"]]);
      // Its Response is a row, of which nothing is left.
      expect(storage.sql.exec("SELECT length(data) AS bytes FROM item WHERE key = ?", 2 ** 28).one()).toEqual({
        bytes: 0,
      });

      // The last one's is free again when it is gone, and all of it with it.
      await thread.deleteTurn("alice", three);
      const four = await save(thread, "four", { input: packItems([user("a"), user("b")]), output: none });
      expect(storage.sql.exec("SELECT key FROM turn WHERE id = ?", four).one()).toEqual({ key: 3 * 2 ** 28 });
      expect(await contextOf(thread, four)).toEqual(["a", "b"]);
    });
  });

  it("keeps an item that leaves its conversation, while a living turn stands on it", async () => {
    await inThread(async ({ thread, storage }) => {
      await thread.createConversation("alice", { createdAt: 1, metadata: "{}" }, none);
      const one = await save(thread, "one", { conversation: { version: 0, append: true } });
      const two = await save(thread, "two", { parent: one });
      await thread.deleteTurn("alice", one);
      expect(await thread.deleteItem("alice", "in_one")).toBeTruthy();
      expect(await contextOf(thread, two)).toEqual(["one", "re: one", "two", "re: two"]);
      await thread.deleteTurn("alice", two);
      expect(storage.sql.exec("SELECT id FROM item").toArray()).toEqual([{ id: "out_re: one" }]);
    });
  });

  it("can still be continued by a turn that read it before", async () => {
    await inThread(async ({ thread }) => {
      const one = await save(thread, "one");
      const two = await save(thread, "two", { parent: one });
      await thread.deleteTurn("alice", one);
      const late = await save(thread, "late", { parent: one });
      await thread.deleteTurn("alice", two);
      expect(await contextOf(thread, late)).toEqual(["one", "re: one", "late", "re: late"]);
    });
  });
});

describe("the alarm", () => {
  it("rings at the hour after the first expiry, and is set with the first write only", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      const set = vi.spyOn(storage, "setAlarm");
      const expiresAt = Date.now() + day;
      await save(thread, "one", { expiresAt });
      const alarm = await storage.getAlarm();
      expect(alarm).toBe(Math.ceil(expiresAt / 3_600_000) * 3_600_000);
      await save(thread, "two", { expiresAt: expiresAt + day });
      await save(reopen(), "three", { expiresAt: expiresAt + day });
      expect(set).toHaveBeenCalledTimes(1);
      await save(reopen(), "soon", { expiresAt: expiresAt - day / 2 });
      expect(await storage.getAlarm()).toBeLessThan(alarm ?? 0);
      set.mockRestore();
    });
  });

  it("deletes what has expired and nothing else; before it rings, what has expired can't be read either", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      const one = await save(thread, "one");
      const two = await save(thread, "two", { parent: one, expiresAt: Date.now() + 5 * day });
      const alone = await save(thread, "alone");
      storage.sql.exec("UPDATE turn SET expires_at = ? WHERE id <> ?", Date.now() - 1, two);
      expect([await thread.readTurn("alice", alone), await contextOf(thread, one)]).toEqual([undefined, undefined]);
      await reopen().alarm();
      expect(count(storage, "turn")).toBe(2);
      expect(await contextOf(thread, two)).toEqual(["one", "re: one", "two", "re: two"]);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 4 * day);
      storage.sql.exec("UPDATE turn SET expires_at = ?", Date.now() - 1);
      await reopen().alarm();
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
    });
  });

  it("deletes 500 turns at a time, and rings again for the rest", async () => {
    await inThread(async ({ thread, storage }) => {
      let parent: number | undefined;
      for (let turn = 0; turn < 501; turn++)
        parent = await save(thread, `${turn}`, parent === undefined ? {} : { parent });
      storage.sql.exec("UPDATE turn SET expires_at = ?", Date.now() - 1);
      await thread.alarm();
      expect(await storage.getAlarm()).toBeLessThanOrEqual(Date.now());
      await thread.alarm();
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
    });
  });
});

describe("a page of what a turn was given", () => {
  it("is cut anywhere, in both orders, without the turn's own output", async () => {
    await inThread(async ({ thread }) => {
      const one = await save(thread, "1", { input: packItems([user("1"), user("2")]), output: packItems([said("3")]) });
      const two = await save(thread, "2", { parent: one, input: none, output: packItems([said("4"), said("5")]) });
      const three = await save(thread, "3", {
        parent: two,
        input: packItems([user("6")]),
        output: packItems([said("7")]),
      });
      const all = ["1", "2", "3", "4", "5", "6"];
      const ids = ["in_1", "in_2", "out_3", "out_4", "out_5", "in_6"];
      for (const order of ["asc", "desc"] as const) {
        const inOrder = <T>(list: T[]) => (order === "asc" ? list : list.toReversed());
        for (let limit = 1; limit <= 7; limit++) {
          for (let after = -1; after < 6; after++) {
            const start = after + 1;
            expect(
              await inputOf(thread, three, { limit, order, after: after === -1 ? undefined : inOrder(ids)[after] }),
            ).toEqual({
              isFound: true,
              ids: inOrder(ids).slice(start, start + limit),
              items: inOrder(all).slice(start, start + limit),
              hasMore: start + limit < 6,
            });
          }
        }
      }
      for (const after of ["out_7", "in_none"]) {
        expect(await inputOf(thread, three, { after })).toEqual({ isFound: false, ids: [], items: [], hasMore: false });
      }
    });
  });
});

function conversion(key: string, text = "t") {
  return { part: 0, key, type: "text/plain", text };
}

describe("what was converted of an item", () => {
  it("comes with the context, by the item's place there, and never appears in a list or an answer", async () => {
    await inThread(async ({ thread, storage }) => {
      const long = "ž".repeat(1_000_000);
      const converted = (text: string, key: string, heard = "t") => ({
        ...user(text),
        conversions: [conversion(key, heard)],
      });
      const one = await save(thread, "1", { input: packItems([user("a"), converted("b", "k1", long), user("c")]) });
      const two = await save(thread, "2", { parent: one, input: packItems([converted("d", "k2")]) });
      const context = await thread.readContext("alice", { turn: two }, readAll);
      expect(textsOf(context?.items)).toEqual(["a", "b", "c", "re: 1", "d", "re: 2"]);
      expect(parse(context?.conversions)).toEqual({ 1: [conversion("k1", long)], 4: [conversion("k2")] });
      expect(await inputOf(thread, two)).toMatchObject({ items: ["a", "b", "c", "re: 1", "d"] });
      await thread.deleteTurn("alice", two);
      await thread.deleteTurn("alice", one);
      expect(tablesOf(storage)).toEqual([]);
    });
  });

  it("is stored with the item in a conversation too", async () => {
    await inThread(async ({ thread }) => {
      await thread.createConversation("alice", { createdAt: 1, metadata: "{}" }, packItems([user("a")]));
      const input = packItems([{ ...user("b"), conversions: [conversion("k")] }]);
      await save(thread, "b", { input, conversation: { version: 1, append: true } });
      const context = await thread.readContext("alice", "conversation", readAll);
      expect([textsOf(context?.items), parse(context?.conversions)]).toEqual([
        ["a", "b", "re: b"],
        { 1: [conversion("k")] },
      ]);
      const page = await thread.listItems("alice", { limit: 100, order: "asc", after: undefined });
      expect(textsOf(page?.items)).toEqual(["a", "b", "re: b"]);
      expect(parse((await thread.readItem("alice", "in_b")) ?? undefined)).toEqual(user("b").item);
    });
  });
});

describe("an item that is claimed", () => {
  it("is claimed once, by its owner, while its response is there, and is not changed", async () => {
    await inThread(async ({ thread, reopen }) => {
      const place = { thread: createThread(), turn: createTurn() };
      const id = itemIdOf("mcpr", { ...place, seq: 0x80_00 });
      const item = { id, content: "may I?" };
      await save(thread, "x", { turn: place.turn, output: packItems([{ id, item }]) });
      expect(await thread.claimItem("bob", id)).toBe(false);
      expect(await thread.claimItem("alice", id.replace("mcpr", "msg"))).toBe(false);
      expect(await thread.claimItem("alice", id)).toBe(true);
      expect(await reopen().claimItem("alice", id)).toBe(false);
      expect(await contextOf(thread, place.turn)).toEqual(["x", "may I?"]);
      expect(parse((await thread.readTurn("alice", place.turn))?.response)).toMatchObject({ output: [item] });
      expect((await thread.readItems("alice", [id])).ids).toEqual([id]);
      await thread.deleteTurn("alice", place.turn);
      expect(await thread.claimItem("alice", id)).toBe(false);
    });
  });
});

describe("readItems", () => {
  it("finds items by their place, of turns that have ended and can be read", async () => {
    await inThread(async ({ thread }) => {
      const name = createThread();
      const turns = [createTurn(), createTurn(), createTurn()] as const;
      const ids = turns.map((turn) => itemIdOf("msg", { thread: name, turn, seq: 0x80_00 }));
      for (const [index, turn] of turns.entries()) {
        const output = packItems([{ id: ids[index] ?? "", item: { content: `${index}` } }]);
        await save(thread, "x", { turn, output, ...(index === 2 && { status: "queued", kind: "background" }) });
      }
      await thread.deleteTurn("alice", turns[1]);
      const place = placeOfItem(ids[0] ?? "");
      expect(place).toEqual({ thread: name, turn: turns[0], seq: 0x80_00 });
      const others = ["msg_x", ids[0]?.replace("msg", "rs") ?? "", `msg_${ids[0]?.slice(4, -4)}0001`];
      const { ids: found, items } = await thread.readItems("alice", [...ids, ...others]);
      expect([found, textsOf(items)]).toEqual([[ids[0]], ["0"]]);
    });
  });
});

async function pageOf(thread: Thread, page: Partial<Parameters<Thread["listItems"]>[1]> = {}) {
  const listed = await thread.listItems("alice", { limit: 100, order: "asc", after: undefined, ...page });
  return listed === undefined ? undefined : { ...listed, items: textsOf(listed.items) };
}

async function readNow(thread: Thread): Promise<{ texts: unknown; version: number }> {
  const context = await thread.readContext("alice", "conversation", readAll);
  return { texts: textsOf(context?.items), version: context?.version ?? -1 };
}

/** A turn in the conversation as it is now. */
async function converse(thread: Thread, text: string, more: Partial<TurnToSave> = {}): Promise<number> {
  const { version } = await readNow(thread);
  return save(thread, text, { conversation: { version, append: true }, ...more });
}

describe("a conversation", () => {
  const made = { createdAt: 7, metadata: '{"a":"b"}' };

  it("is created, read, changed and deleted, and leaves nothing behind", async () => {
    await inThread(async ({ thread, storage, reopen }) => {
      await thread.createConversation("alice", made, none);
      expect(await reopen().readConversation("alice")).toEqual(made);
      expect(await thread.updateConversation("alice", "{}")).toEqual({ ...made, metadata: "{}" });
      expect(await thread.readConversation("alice")).toEqual({ ...made, metadata: "{}" });
      expect(await storage.getAlarm()).toBeNull();
      expect(await thread.deleteConversation("alice")).toBe(true);
      expect(tablesOf(storage)).toEqual([]);
      expect(await thread.deleteConversation("alice")).toBe(false);
    });
  });

  it("has its items in order, by pages, and a turn's input before its output", async () => {
    await inThread(async ({ thread }) => {
      await thread.createConversation("alice", made, packItems([user("a"), user("b")]));
      await converse(thread, "c");
      expect(await thread.appendItems("alice", packItems([user("d")]))).toEqual({ outcome: "added", ids: ["in_d"] });
      const texts = ["a", "b", "c", "re: c", "d"];
      expect(await readNow(thread)).toEqual({ texts, version: 5 });
      expect(await pageOf(thread)).toEqual({
        isFound: true,
        ids: ["in_a", "in_b", "in_c", "out_re: c", "in_d"],
        items: texts,
        hasMore: false,
      });
      expect(await pageOf(thread, { limit: 2, after: "in_b" })).toMatchObject({ items: ["c", "re: c"], hasMore: true });
      expect(await pageOf(thread, { limit: 2, order: "desc", after: "in_c" })).toMatchObject({
        items: ["b", "a"],
        hasMore: false,
      });
      expect(await pageOf(thread, { after: "in_z" })).toMatchObject({ isFound: false, items: [] });
      expect(parse((await thread.readItem("alice", "in_d")) ?? undefined)).toEqual(user("d").item);
      expect(await thread.readItem("alice", "in_z")).toBeNull();
    });
  });

  it("gives an item whose id is taken a new one", async () => {
    await inThread(async ({ thread }) => {
      await thread.createConversation("alice", made, packItems([user("a", "msg_1"), user("b", "msg_1")]));
      const { ids } = await thread.appendItems(
        "alice",
        packItems([user("c", "msg_1"), user("d", "x-1"), user("e", "x-1")]),
      );
      expect(ids).toEqual([
        expect.stringMatching(/^msg_[\da-f]{32}$/),
        "x-1",
        expect.stringMatching(/^item_[\da-f]{32}$/),
      ]);
      const { version } = await readNow(thread);
      await save(thread, "f", { input: packItems([user("f", "msg_1")]), conversation: { version, append: true } });
      const listed = await pageOf(thread);
      expect(listed?.items).toEqual(["a", "b", "c", "d", "e", "f", "re: f"]);
      expect(new Set(listed?.ids).size).toBe(7);
    });
  });

  it("takes two turns at once, and a turn that is saved twice only once", async () => {
    await inThread(async ({ thread }) => {
      await thread.createConversation("alice", made, none);
      const { version } = await readNow(thread);
      const [left, right] = ["left", "right"].map((text) => turnOf(text, { conversation: { version, append: true } }));
      for (const turn of [left, right, left]) {
        expect(await thread.saveTurn(turn ?? turnOf(""))).toEqual({ outcome: "saved" });
      }
      expect((await readNow(thread)).texts).toEqual(["left", "re: left", "right", "re: right"]);
      // Each stands on the conversation as it saw it.
      expect(await inputOf(thread, right?.turn ?? 0)).toMatchObject({ items: ["right"] });
    });
  });

  it("is for a turn, and for what continues it, what the turn saw of it, whatever has changed since", async () => {
    await inThread(async ({ thread, storage }) => {
      await thread.createConversation("alice", made, packItems([user("a"), user("b")]));
      const turn = await converse(thread, "c");
      await thread.appendItems("alice", packItems([user("d")]));
      await thread.deleteItem("alice", "in_a");
      const seen = ["a", "b", "c", "re: c"];
      expect(await contextOf(thread, turn)).toEqual(seen);
      expect(await inputOf(thread, turn)).toMatchObject({ items: seen.slice(0, 3), ids: ["in_a", "in_b", "in_c"] });
      expect(await inputOf(thread, turn, { limit: 1, after: "in_a" })).toMatchObject({ items: ["b"], hasMore: true });
      const next = await save(thread, "next", { parent: turn });
      expect(await contextOf(thread, next)).toEqual([...seen, "next", "re: next"]);
      expect((await readNow(thread)).texts).toEqual(["b", "c", "re: c", "d"]);
      // The item stays for the turns that were given it, and no longer.
      await thread.deleteTurn("alice", turn);
      expect(await contextOf(thread, next)).toEqual([...seen, "next", "re: next"]);
      await thread.deleteTurn("alice", next);
      expect(
        storage.sql
          .exec("SELECT id FROM item WHERE id <> '' ORDER BY id")
          .toArray()
          .map(({ id }) => id),
      ).toEqual(["in_b", "in_c", "in_d", "out_re: c"]);
      expect((await readNow(thread)).texts).toEqual(["b", "c", "re: c", "d"]);
    });
  });

  it("keeps its items when their response is deleted, and leaves its responses when it is deleted", async () => {
    await inThread(async ({ thread, storage }) => {
      await thread.createConversation("alice", made, packItems([user("a")]));
      const first = await converse(thread, "one");
      const second = await converse(thread, "two");
      storage.sql.exec("UPDATE turn SET expires_at = 1 WHERE id = ?", first);
      await thread.alarm();
      expect((await readNow(thread)).texts).toEqual(["a", "one", "re: one", "two", "re: two"]);
      expect(await thread.deleteConversation("alice")).toBe(true);
      expect([
        await thread.readConversation("alice"),
        await thread.listItems("alice", { limit: 1, order: "asc", after: undefined }),
      ]).toEqual([undefined, undefined]);
      expect(await contextOf(thread, second)).toEqual(["a", "one", "re: one", "two", "re: two"]);
      const late = turnOf("late", { conversation: { version: 1, append: true } });
      expect(await thread.saveTurn(late)).toEqual({ outcome: "no_parent", conversation: "gone" });
      await thread.deleteTurn("alice", second);
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
    });
  });

  it("keeps the items of a turn whose response is not stored", async () => {
    await inThread(async ({ thread, storage }) => {
      await thread.createConversation("alice", made, none);
      const turn = turnOf("a", { conversation: { version: 0, append: true } });
      const { expiresAt: _expiresAt, ...unstored } = turn;
      expect(await thread.saveTurn(unstored)).toEqual({ outcome: "saved" });
      expect((await readNow(thread)).texts).toEqual(["a", "re: a"]);
      expect([await thread.readTurn("alice", turn.turn), await storage.getAlarm(), count(storage, "turn")]).toEqual([
        undefined,
        null,
        0,
      ]);
      for (const id of ["in_a", "out_re: a"]) expect(await thread.deleteItem("alice", id)).toEqual(made);
      expect(await thread.deleteItem("alice", "in_a")).toBe(false);
      expect([count(storage, "item"), count(storage, "listed")]).toEqual([0, 0]);
    });
  });

  it("has the turn of a background run once the run has ended, and no turn that is not to be added", async () => {
    await inThread(async ({ thread }) => {
      await thread.createConversation("alice", made, packItems([user("a")]));
      const { version } = await readNow(thread);
      const queued = turnOf("b", {
        kind: "background",
        status: "queued",
        output: none,
        conversation: { version, append: false },
      });
      await thread.saveTurn(queued);
      const other = turnOf("other", { conversation: { version, append: false } });
      await thread.saveTurn(other);
      await thread.appendItems("alice", packItems([user("c")]));
      expect((await readNow(thread)).texts).toEqual(["a", "c"]);
      expect(textsOf((await thread.readContext("alice", { turn: queued.turn }, readAll))?.items)).toEqual(["a", "b"]);
      const ended = {
        ...queued,
        status: "final" as const,
        input: none,
        output: packItems([said("re: b")]),
        conversation: { version, append: true },
      };
      for (let time = 0; time < 2; time++) expect(await thread.saveTurn(ended)).toEqual({ outcome: "saved" });
      expect((await readNow(thread)).texts).toEqual(["a", "c", "b", "re: b"]);
      expect(await contextOf(thread, other.turn)).toEqual(["a", "other", "re: other"]);
    });
  });

  it("is full at 8 MiB or 20,000 items, and adds all items of a call or none", async () => {
    await inThread(async ({ thread, storage }) => {
      const big = user("x".repeat(4_200_000), "big");
      await thread.createConversation("alice", made, packItems([big]));
      expect(await thread.appendItems("alice", packItems([user("y"), big]))).toEqual({ outcome: "full", ids: [] });
      const turn = turnOf("z", { output: packItems([big]), conversation: { version: 1, append: true } });
      expect(await thread.saveTurn(turn)).toEqual({ outcome: "saved", conversation: "full" });
      const { expiresAt: _expiresAt, ...unstored } = turnOf("z", {
        output: packItems([big]),
        conversation: { version: 1, append: true },
      });
      expect(await thread.saveTurn(unstored)).toEqual({ outcome: "saved", conversation: "full" });
      expect(count(storage, "listed")).toBe(1);
      expect(storage.sql.exec("SELECT count(DISTINCT key >> 28) AS turns FROM item").one()).toEqual({ turns: 2 });
      storage.sql.exec("UPDATE conversation SET bytes = 0, items = 20000");
      expect((await thread.appendItems("alice", packItems([user("y")]))).outcome).toBe("full");
      expect(await thread.appendItems("alice", none)).toEqual({ outcome: "added", ids: [] });
    });
  });
});
