import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { migrate, readSchemaVersion } from "../../src/objects/migrate.ts";
import { ask, newId } from "./ask.ts";

/** Runs `work` in the storage of an object that nothing else uses. */
function inStorage<T>(work: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
  return runInDurableObject(env.RESPONSES.getByName(newId()), (_object, { storage }) => work(storage));
}

const steps = [
  "CREATE TABLE note (text TEXT)",
  "ALTER TABLE note ADD COLUMN length INTEGER; UPDATE note SET length = length(text)",
];

describe("migrate", () => {
  it("brings data of an earlier version to the next, once", async () => {
    const rows = await inStorage((storage) => {
      migrate(storage, steps.slice(0, 1));
      expect(readSchemaVersion(storage.sql)).toBe(1);
      storage.sql.exec("INSERT INTO note VALUES ('four')");
      migrate(storage, steps);
      migrate(storage, steps);
      expect(readSchemaVersion(storage.sql)).toBe(2);
      return storage.sql.exec("SELECT * FROM note").toArray();
    });
    expect(rows).toEqual([{ text: "four", length: 4 }]);
  });

  it("changes nothing when a step fails", async () => {
    await inStorage((storage) => {
      migrate(storage, steps.slice(0, 1));
      expect(() => migrate(storage, [...steps, "ALTER TABLE nowhere ADD COLUMN x"])).toThrow("no such table");
      expect(readSchemaVersion(storage.sql)).toBe(1);
      expect(storage.sql.exec("SELECT * FROM note").columnNames).toEqual(["text"]);
    });
  });

  it("refuses what a newer version has written", async () => {
    await inStorage((storage) => {
      migrate(storage, steps);
      expect(() => migrate(storage, steps.slice(0, 1))).toThrow("the object has schema 2, and this Worker knows 1");
    });
  });
});

describe("schema 1", () => {
  it("is read by this version", async () => {
    const id = newId();
    // Exactly what version 1 writes, so that a changed step 1 shows.
    await runInDurableObject(env.RESPONSES.getByName(id), (_object, { storage }) => {
      storage.sql.exec(`
        CREATE TABLE response (owner TEXT NOT NULL, status TEXT NOT NULL, expires_at INTEGER NOT NULL, kind TEXT NOT NULL);
        CREATE TABLE document (name TEXT NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, piece)) WITHOUT ROWID;
        CREATE TABLE event (first INTEGER NOT NULL, piece INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (first, piece)) WITHOUT ROWID;
        CREATE TABLE schema (version INTEGER NOT NULL);
        INSERT INTO schema VALUES (1);
        INSERT INTO response VALUES ('alice', 'final', 99999999999999, 'foreground');
        INSERT INTO document VALUES ('response', 0, CAST('{"id":' AS BLOB)), ('response', 1, CAST('"old","output":[]}' AS BLOB));
        INSERT INTO document VALUES ('items', 0, CAST('[{"id":"msg_1","item":{"role":"user","content":"hi"}}]' AS BLOB));
      `);
    });
    expect((await ask(`/v1/responses/${id}`)).json).toEqual({ id: "old", output: [] });
    expect((await ask(`/v1/responses/${id}/input_items`)).json).toMatchObject({ data: [{ id: "msg_1" }] });
  });

  it("of a conversation is read and continued by this version, and erased at its time", async () => {
    const id = newId();
    const object = env.CONVERSATIONS.getByName(id);
    await runInDurableObject(object, async (_object, { storage }) => {
      storage.sql.exec(`
        CREATE TABLE conversation (owner TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, metadata TEXT NOT NULL);
        CREATE TABLE item (position INTEGER NOT NULL, piece INTEGER NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (position, piece)) WITHOUT ROWID;
        CREATE TABLE schema (version INTEGER NOT NULL);
        INSERT INTO schema VALUES (1);
        INSERT INTO conversation VALUES ('alice', 1, 99999999999999, '{"a":"b"}');
        INSERT INTO item VALUES (0, 0, 'msg_1', CAST('{"id":"msg_1","item":{"role":"user","content":"hi"}}' AS BLOB));
      `);
      await storage.setAlarm(Date.now() + 86_400_000);
    });
    // Only a new instance migrates: this one was opened before there was anything to read.
    await evictDurableObject(object);
    expect((await ask(`/v1/conversations/${id}`)).json).toMatchObject({ id, metadata: { a: "b" } });
    await ask(`/v1/conversations/${id}/items`, { body: { items: [{ id: "msg_2", role: "user", content: "x" }] } });
    const listed = await ask(`/v1/conversations/${id}/items?order=asc`);
    expect(listed.json).toMatchObject({ first_id: "msg_1", last_id: "msg_2" });
    await runInDurableObject(object, (_object, { storage }) => {
      expect(readSchemaVersion(storage.sql)).toBe(2);
      storage.sql.exec("UPDATE conversation SET expires_at = 1");
    });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    await runInDurableObject(object, (_object, { storage }) => expect(readSchemaVersion(storage.sql)).toBe(0));
  });
});
