import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunJob } from "../../src/background/run-job.ts";
import type { RunEvent } from "../../src/background/run.ts";
import { migrate } from "../../src/objects/migrate.ts";
import { responseSteps } from "../../src/objects/response-record.ts";
import { StoredResponse } from "../../src/objects/stored-response.ts";
import type { JsonRecord } from "../../src/protocol/json.ts";
import { decodeJson, renderJson } from "../../src/state/json-bytes.ts";
import type { StoredRecord } from "../../src/state/response-rpc.ts";
import { newId } from "./ask.ts";

/** What the runs of one object do, and what became of them. */
interface Script {
  answer: (signal: AbortSignal) => AsyncIterable<RunEvent>;
  tell?: (response: JsonRecord) => Promise<void>;
  answered: number;
}

class ScriptedResponse extends StoredResponse {
  #script: Script;

  constructor(context: DurableObjectState, script: Script) {
    super(context, env);
    this.#script = script;
  }

  protected override answer(_run: RunJob, signal: AbortSignal): AsyncIterable<RunEvent> {
    this.#script.answered += 1;
    return this.#script.answer(signal);
  }

  protected override continuation(_run: RunJob, response: JsonRecord): (() => Promise<void>) | undefined {
    const { tell } = this.#script;
    return tell === undefined ? undefined : () => tell(response);
  }
}

interface Scene {
  storage: DurableObjectStorage;
  script: Script;
  /** A new instance over the same storage, as after a restart. */
  open: () => ScriptedResponse;
  /** Queues a run without waking the object by itself: the test calls `alarm`. */
  start: (object: ScriptedResponse, streamed?: boolean) => Promise<boolean>;
  /** From now on, or no longer, writes of this kind fail as on a full disk. */
  breakWrites: (isBroken: boolean) => void;
}

/** Runs `work` in the real storage of an object of its own. Writes can be made to fail at `failing`. */
function inScene<T>(work: (scene: Scene) => Promise<T>, failing = "INSERT ON event"): Promise<T> {
  return runInDurableObject(env.RESPONSES.getByName(newId()), async (_object, context) => {
    const { storage } = context;
    migrate(storage, responseSteps);
    storage.sql.exec(`
      CREATE TABLE broken (yes INTEGER);
      CREATE TRIGGER fail BEFORE ${failing} WHEN EXISTS (SELECT 1 FROM broken) BEGIN SELECT RAISE(ABORT, 'disk full'); END;
    `);
    const script: Script = { answer: () => eventsOf("a"), answered: 0 };
    const opened = { id: "resp_1", status: "queued", output: [] };
    const kept = { owner: "alice", response: renderJson(opened), items: renderJson([]), job: renderJson({}) };
    try {
      return await work({
        storage,
        script,
        open: () => new ScriptedResponse(context, script),
        start(object, streamed = true) {
          const started = object.start({ ...kept, expiresAt: Date.now() + 86_400_000, streamed });
          void storage.deleteAlarm();
          return started;
        },
        breakWrites: (isBroken) =>
          void storage.sql.exec(isBroken ? "INSERT INTO broken VALUES (1)" : "DELETE FROM broken"),
      });
    } finally {
      await storage.deleteAll();
    }
  });
}

function delta(text: string): RunEvent {
  return { type: "response.output_text.delta", delta: text };
}

async function* eventsOf(text: string): AsyncGenerator<RunEvent> {
  yield delta(text);
  yield completed(text);
}

function completed(text: string): RunEvent {
  return { type: "response.completed", response: { id: "resp_1", status: "completed", output: [{ text }] } };
}

function responseOf(kept: StoredRecord | undefined): JsonRecord {
  return kept === undefined ? {} : JSON.parse(decodeJson(kept.response));
}

function rowsOf(storage: DurableObjectStorage, table: string): number {
  return storage.sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).one().count;
}

async function readTypes(object: ScriptedResponse): Promise<string[]> {
  const followed = await object.follow("alice", 0);
  const text = (await followed?.text()) ?? "";
  const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_number, index) => index));
  return [...text.matchAll(/"type":"response\.(?:(\w+)"|output_text\.delta","delta":"(\w+)")/g)].map(
    ([, type, said]) => type ?? said ?? "",
  );
}

describe("a write that fails", () => {
  it("at the start leaves nothing behind: no response, no alarm", async () => {
    await inScene(async ({ storage, open, start, breakWrites }) => {
      breakWrites(true);
      await expect(start(open())).rejects.toThrow("disk full");
      expect([rowsOf(storage, "response"), rowsOf(storage, "document"), rowsOf(storage, "event")]).toEqual([0, 0, 0]);
      expect(await storage.getAlarm()).toBeNull();
      breakWrites(false);
      expect(await start(open())).toBe(true);
    });
  });

  it("when a response is kept leaves nothing behind either", async () => {
    const expiresAt = Date.now() + 86_400_000;
    const kept = { owner: "alice", response: renderJson({}), items: renderJson([]), expiresAt };
    await inScene(async ({ storage, open, breakWrites }) => {
      breakWrites(true);
      await expect(open().store(kept)).rejects.toThrow("disk full");
      expect([rowsOf(storage, "response"), rowsOf(storage, "document")]).toEqual([0, 0]);
      expect(await storage.getAlarm()).toBeNull();
      breakWrites(false);
      expect(await open().store(kept)).toBe(true);
      expect(await storage.getAlarm()).toBe(expiresAt);
    }, "INSERT ON document");
  });

  it("in the midst of a stream loses no event: they are written with the next", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    await inScene(async ({ script, open, start, breakWrites }) => {
      script.answer = async function* () {
        yield delta("a");
        breakWrites(true);
        yield delta("b");
        await scheduler.wait(120);
        breakWrites(false);
        yield delta("c");
        yield completed("abc");
      };
      const object = open();
      await start(object);
      await object.alarm();
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "b", "c", "completed"]);
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "completed" });
    });
    expect(log.mock.calls).toEqual([[JSON.stringify({ event: "background_events_delayed", kind: "Error" })]]);
    log.mockRestore();
  });

  it("at the end fails the run when its alarm comes again, and runs nothing twice", async () => {
    await inScene(async ({ storage, script, open, start, breakWrites }) => {
      script.answer = async function* () {
        yield delta("a");
        breakWrites(true);
        yield completed("a");
      };
      const object = open();
      await start(object);
      await expect(object.alarm()).rejects.toThrow("disk full");
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "in_progress" });
      breakWrites(false);
      await object.alarm();
      expect(responseOf(await object.read("alice"))).toMatchObject({
        status: "failed",
        error: { code: "background_run_lost" },
      });
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "failed"]);
      expect(script.answered).toBe(1);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 80_000_000);
    }, "UPDATE ON response");
  });
});

/** A run that has its answer and waits for `gate`. */
async function beginTelling({ script, open, start }: Scene) {
  const gate = Promise.withResolvers<void>();
  const telling = Promise.withResolvers<void>();
  const told: unknown[] = [];
  script.tell = (response) => {
    told.push(response["status"]);
    telling.resolve();
    return gate.promise;
  };
  const object = open();
  await start(object);
  const over = object.alarm();
  await telling.promise;
  return { object, gate, over, told };
}

describe("a run that tells others of its end first", () => {
  it("has not ended for anybody until they know", async () => {
    await inScene(async (scene) => {
      const { object, gate, over } = await beginTelling(scene);
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "in_progress", output: [] });
      gate.resolve();
      await over;
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "completed", output: [{ text: "a" }] });
    });
  });

  it("can't be cancelled any more: the caller is answered with its end", async () => {
    await inScene(async (scene) => {
      const { object, gate, over, told } = await beginTelling(scene);
      const cancelled = object.cancel("alice");
      gate.resolve();
      expect(responseOf(await cancelled)).toMatchObject({ status: "completed" });
      await over;
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "completed" });
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "completed"]);
      expect(told).toEqual(["completed"]);
    });
  });

  it("ends after a restart as it would have, without being run again", async () => {
    await inScene(async (scene) => {
      const { told } = await beginTelling(scene);
      const again = scene.open();
      expect(responseOf(await again.read("alice"))).toMatchObject({ status: "in_progress" });
      scene.script.tell = (response) => {
        told.push(response["status"]);
        return Promise.resolve();
      };
      await again.alarm();
      expect(responseOf(await again.read("alice"))).toMatchObject({ status: "completed", output: [{ text: "a" }] });
      expect(told).toEqual(["completed", "completed"]);
      expect(scene.script.answered).toBe(1);
      expect(rowsOf(scene.storage, "document WHERE name IN ('job', 'ending')")).toBe(0);
    });
  });

  it("stays deleted when it is deleted meanwhile", async () => {
    await inScene(async (scene) => {
      const { object, gate, over } = await beginTelling(scene);
      expect(await object.delete("alice")).toBe(true);
      gate.resolve();
      await over;
      expect(await object.read("alice")).toBeUndefined();
      expect(rowsOf(scene.storage, "sqlite_master WHERE name = 'response'")).toBe(0);
      expect(await scene.storage.getAlarm()).toBeNull();
    });
  });
});

describe("time", () => {
  afterEach(() => void vi.useRealTimers());

  it("of a run is 14 minutes: then upstream is stopped, and the run has failed with what was finished", async () => {
    await inScene(async ({ script, open, start }) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const item = { id: "msg_1", type: "message" };
      const begun = Promise.withResolvers<void>();
      script.answer = async function* (signal) {
        yield { type: "response.output_item.done", output_index: 0, item };
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
          begun.resolve();
        });
        throw new Error("upstream was stopped");
      };
      const object = open();
      await start(object);
      const over = object.alarm();
      await begun.promise;
      vi.advanceTimersByTime(14 * 60_000 - 1);
      expect(responseOf(await object.read("alice"))).toMatchObject({ status: "in_progress" });
      vi.advanceTimersByTime(1);
      await over;
      expect(responseOf(await object.read("alice"))).toMatchObject({
        status: "failed",
        error: { code: "background_run_too_long" },
        output: [item],
      });
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it("without an event is told to a reader every 15 seconds; one that leaves keeps nothing awake", async () => {
    await inScene(async ({ open, start }) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const object = open();
      await start(object);
      const reader = (await object.follow("alice", 2))?.body?.getReader();
      for (let time = 0; time < 2; time++) {
        const read = reader?.read();
        await scheduler.wait(1);
        vi.advanceTimersByTime(15_000);
        expect(new TextDecoder().decode((await read)?.value)).toBe(": keep-alive\n\n");
      }
      void reader?.read().catch(() => {});
      await scheduler.wait(1);
      expect(vi.getTimerCount()).toBe(1);
      await reader?.cancel();
      await scheduler.wait(1);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it("that was set for a run is over when the run is: nothing keeps its object in memory", async () => {
    await inScene(async ({ open, start }) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const object = open();
      await start(object);
      const followed = await object.follow("alice", 0);
      await Promise.all([object.alarm(), followed?.text()]);
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});

describe("an object", () => {
  it("takes a new response in the place of one that is past its time, whole", async () => {
    await inScene(async ({ storage, open, start }) => {
      const object = open();
      await start(object);
      await object.alarm();
      storage.sql.exec("UPDATE response SET expires_at = ?", Date.now() - 1);
      expect(await start(object)).toBe(true);
      expect(rowsOf(storage, "response")).toBe(1);
      expect(rowsOf(storage, "event")).toBe(1);
    });
  });

  it("ends its run in peace when it is erased in the midst of it", async () => {
    await inScene(async ({ storage, script, open, start }) => {
      const object = open();
      script.answer = async function* () {
        yield delta("a");
        await object.delete("alice");
        throw new DOMException("The call was stopped.", "AbortError");
      };
      await start(object);
      await object.alarm();
      expect(await storage.getAlarm()).toBeNull();
      expect(await object.read("alice")).toBeUndefined();
    });
  });

  it("takes no second response, and cancels a run that has not begun", async () => {
    await inScene(async ({ script, open, start }) => {
      const object = open();
      expect(await start(object)).toBe(true);
      expect(await start(object)).toBe(false);
      expect(responseOf(await object.cancel("alice"))).toMatchObject({ status: "cancelled", output: [] });
      await object.alarm();
      expect(script.answered).toBe(0);
      expect(responseOf(await object.cancel("alice"))).toMatchObject({ status: "cancelled", output: [] });
      expect(await readTypes(object)).toEqual(["created", "queued", "failed"]);
    });
  });
});
