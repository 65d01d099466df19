import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { noLimits } from "../../src/call.ts";
import { BackgroundRun } from "../../src/objects/runs/background-run.ts";
import { decodeJson, renderJson } from "../../src/state/json-bytes.ts";
import { packItems } from "../../src/state/pack-items.ts";
import { createThread, createTurn, responseIdOf } from "../../src/state/place.ts";
import type { RunToStart, StartOutcome } from "../../src/state/run-rpc.ts";
import type { ThreadRpc, TurnToSave } from "../../src/state/thread-rpc.ts";
import { readAll, keys, message } from "./ask.ts";

const day = 86_400_000;
const encoder = new TextEncoder();

/** What upstream does in the runs of one object: it writes events, which are `event` texts, and ends. */
type Upstream = (write: (text: string) => void, signal: AbortSignal) => Promise<void>;

interface Scene {
  storage: DurableObjectStorage;
  place: { thread: string; turn: number };
  id: string;
  /** How often upstream was called. */
  calls: () => number;
  setUpstream: (upstream: Upstream) => void;
  /** What is done before the end of the turn goes into its thread. */
  beforeSave: (work: () => Promise<void>) => void;
  /** A new instance over the same storage, as after a restart. */
  open: (settings?: object) => BackgroundRun;
  /** Queues a run without waking the object by itself: the test calls `alarm`. */
  start: (object: BackgroundRun, more?: Partial<TurnToSave>) => Promise<StartOutcome>;
  /** From now on, or no longer, writes to a table fail as on a full disk. */
  breakWrites: (isBroken: boolean) => void;
  readTurn: () => Promise<Record<string, unknown> | undefined>;
}

async function sayA(write: (text: string) => void): Promise<void> {
  write(completed("a"));
}

async function doNothing(): Promise<void> {}

/** Runs `work` in the real storage of an object of its own. Writes can be made to fail at `failing`. */
function inScene<T>(work: (scene: Scene) => Promise<T>, failing = "INSERT ON event"): Promise<T> {
  const place = { thread: createThread(), turn: createTurn() };
  const id = responseIdOf(place);
  return runInDurableObject(env.RUNS.getByName(id), async (_object, context) => {
    const thread = env.THREADS.getByName(place.thread);
    const { storage } = context;
    let calls = 0;
    let upstream: Upstream = sayA;
    let before = doNothing;
    const AI = {
      run(_model: string, _inputs: object, { signal }: { signal: AbortSignal }) {
        calls += 1;
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, {
          highWaterMark: 100,
        });
        const writer = writable.getWriter();
        void upstream((text) => void writer.write(encoder.encode(text)).catch(() => {}), signal)
          .then(() => writer.close())
          .catch(() => writer.abort().catch(() => {}));
        return Promise.resolve(new Response(readable, { headers: { "content-type": "text/event-stream" } }));
      },
    };
    const watched: Pick<ThreadRpc, "saveTurn" | "readContext" | "deleteTurn"> = {
      async saveTurn(turn) {
        if (turn.status === "final") await before();
        return thread.saveTurn(turn);
      },
      readContext: (...given) => thread.readContext(...given),
      deleteTurn: (...given) => thread.deleteTurn(...given),
    };
    const THREADS = { getByName: () => watched as ThreadRpc };
    const bindings = { ...env, AI, THREADS, API_KEYS: `alice:${keys.alice}`, LOG: "off" };
    const opened = { id, object: "response", status: "queued", created_at: 1 };
    const run = (more: Partial<TurnToSave>): RunToStart => ({
      thread: place.thread,
      job: renderJson({
        mode: "native",
        request: { stream: true },
        isText: true,
        requestId: "request-1",
        models: ["@cf/openai/gpt-oss-20b"],
        limits: noLimits,
      }),
      turn: {
        owner: "alice",
        turn: place.turn,
        status: "queued",
        kind: "streamed",
        expiresAt: Date.now() + day,
        response: renderJson(opened),
        input: packItems([{ id: "msg_x", item: { type: "message", role: "user", content: "x" } }]),
        output: packItems([]),
        ...more,
      },
    });
    const noTable = "no such table";
    try {
      return await work({
        storage,
        place,
        id,
        calls: () => calls,
        setUpstream: (next) => (upstream = next),
        beforeSave: (next) => (before = next),
        open: (settings = {}) => new BackgroundRun(context, Object.assign({}, bindings, settings)),
        async start(object, more = {}) {
          const started = await object.start(run(more));
          await storage.deleteAlarm();
          return started;
        },
        breakWrites(isBroken) {
          storage.sql.exec("DROP TRIGGER IF EXISTS fail");
          if (!isBroken) return;
          storage.sql.exec(`CREATE TRIGGER fail BEFORE ${failing} BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
        },
        async readTurn() {
          const stored = await thread.readTurn("alice", place.turn);
          return stored === undefined ? undefined : JSON.parse(decodeJson(stored.response));
        },
      });
    } finally {
      await storage.deleteAll().catch((error: Error) => expect(error.message).toContain(noTable));
      await thread.deleteTurn("alice", place.turn);
    }
  });
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function delta(text: string): string {
  return event("response.output_text.delta", { delta: text });
}

function completed(text: string): string {
  const response = { id: "resp_upstream", status: "completed", output: [message(text)] };
  return delta(text) + event("response.completed", { response });
}

/** The Response of a run that goes on. */
async function readRun(object: BackgroundRun): Promise<unknown> {
  const response = await object.read("alice");
  return response === undefined ? undefined : JSON.parse(decodeJson(response));
}

function tablesOf({ sql }: DurableObjectStorage): unknown[] {
  return sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray();
}

/** The events that a reader gets, each by the end of its type or what it says. */
async function readTypes(object: BackgroundRun): Promise<string[]> {
  const followed = await object.follow("alice", 0);
  const text = (await followed?.text()) ?? "";
  const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_number, index) => index));
  return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => {
    const { type, delta: saidText } = JSON.parse(data ?? "{}") as { type: string; delta?: string };
    return saidText ?? type.slice("response.".length);
  });
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a run", () => {
  it("is queued with its turn, runs, and ends in its thread before anybody sees the end", async () => {
    await inScene(async ({ open, start, beforeSave, readTurn, storage, id }) => {
      const object = open();
      expect(await start(object)).toBe("started");
      expect(await readTurn()).toMatchObject({ id, status: "queued", output: [] });
      expect(await readRun(object)).toMatchObject({ id, status: "queued", output: [] });
      const seen: unknown[] = [];
      beforeSave(async () => {
        seen.push((await object.follow("alice", 4))?.body === null, await readTurn());
      });
      await object.alarm();
      expect(seen).toMatchObject([false, { status: "queued" }]);
      expect(await readTurn()).toMatchObject({ id, status: "completed", output: [message("a")] });
      expect(await readRun(object)).toBeUndefined();
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "completed"]);
      expect(storage.sql.exec("SELECT name FROM document").toArray()).toEqual([]);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + day - 60_000);
    });
  });

  it("without events leaves nothing behind when it has ended", async () => {
    await inScene(async ({ open, start, readTurn, storage }) => {
      const object = open();
      await start(object, { kind: "background" });
      await object.alarm();
      expect(await readTurn()).toMatchObject({ status: "completed", output: [message("a")] });
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
      expect([await readRun(object), await object.follow("alice", 0)]).toEqual([undefined, undefined]);
    });
  });

  it("is started once, and belongs to one key", async () => {
    await inScene(async ({ open, start, calls, readTurn }) => {
      const object = open();
      expect(await object.read("alice")).toBeUndefined();
      expect(await start(object)).toBe("started");
      expect(await start(object)).toBe("taken");
      expect([await object.read("bob"), await object.follow("bob", 0)]).toEqual([undefined, undefined]);
      await object.cancel("bob");
      await object.delete("bob");
      await object.cancel("alice");
      await object.alarm();
      expect(calls()).toBe(0);
      expect(await readTurn()).toMatchObject({ status: "cancelled", output: [] });
      expect(await readTypes(object)).toEqual(["created", "queued", "failed"]);
    });
  });

  it("is not started when what it continues is gone, and leaves nothing behind", async () => {
    await inScene(async ({ open, start, storage, readTurn }) => {
      const object = open();
      expect(await start(object, { parent: 7 })).toBe("no_parent");
      expect([tablesOf(storage), await storage.getAlarm(), await readTurn()]).toEqual([[], null, undefined]);
      expect(await start(object)).toBe("started");
    });
  });

  it("whose start broke off is abandoned, with its turn: nobody was told of it", async () => {
    await inScene(async ({ open, start, storage, readTurn, calls }) => {
      await start(open());
      storage.sql.exec("UPDATE run SET status = 'starting'");
      await open().alarm();
      expect([tablesOf(storage), await storage.getAlarm(), await readTurn(), calls()]).toEqual([
        [],
        null,
        undefined,
        0,
      ]);
    });
  });

  it("of another schema is refused", async () => {
    await inScene(async ({ open, start, storage }) => {
      await start(open());
      storage.sql.exec("UPDATE run SET schema = 2");
      await expect(open().read("alice")).rejects.toThrow(
        "state_schema_mismatch: stored by schema 2, this Worker reads 1",
      );
    });
  });

  it("ends as an error when its answer is too large to be stored", async () => {
    await inScene(async ({ open, start, setUpstream, readTurn }) => {
      vi.spyOn(console, "error").mockImplementation(() => {});
      const object = open();
      setUpstream(async (write) => write(completed("x".repeat(12_000_000))));
      await start(object, { kind: "background" });
      await object.alarm();
      expect(await readTurn()).toMatchObject({ status: "failed", output: [] });
    });
  });
});

describe("a write that fails", () => {
  it("at the start leaves nothing behind: no run, no alarm, no turn", async () => {
    await inScene(async ({ storage, open, start, readTurn }) => {
      vi.spyOn(storage, "transactionSync").mockImplementation(() => {
        throw new Error("disk full");
      });
      await expect(start(open())).rejects.toThrow("disk full");
      vi.restoreAllMocks();
      expect([tablesOf(storage), await storage.getAlarm(), await readTurn()]).toEqual([[], null, undefined]);
      expect(await start(open())).toBe("started");
    });
  });

  it("in the middle of a stream loses no event: it is written with the next", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    await inScene(async ({ setUpstream, open, start, breakWrites, readTurn }) => {
      setUpstream(async (write) => {
        write(delta("a"));
        await scheduler.wait(80);
        breakWrites(true);
        write(delta("b"));
        await scheduler.wait(120);
        breakWrites(false);
        write(delta("c"));
        write(completed("abc"));
      });
      const object = open();
      await start(object);
      await object.alarm();
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "b", "c", "abc", "completed"]);
      expect(await readTurn()).toMatchObject({ status: "completed" });
    });
    expect(log.mock.calls).toEqual([[JSON.stringify({ event: "background_events_delayed", kind: "Error" })]]);
  });

  it("at the end fails the run when its alarm comes again, and runs nothing twice", async () => {
    await inScene(async ({ setUpstream, open, start, breakWrites, readTurn, calls, storage }) => {
      setUpstream(async (write) => {
        write(delta("a"));
        await scheduler.wait(80);
        breakWrites(true);
        write(completed("b"));
      });
      await start(open());
      await expect(open().alarm()).rejects.toThrow("disk full");
      breakWrites(false);
      const again = open();
      await again.alarm();
      expect(await readTurn()).toMatchObject({ status: "failed", error: { code: "background_run_lost" } });
      expect(await readTypes(again)).toEqual(["created", "queued", "in_progress", "a", "failed"]);
      expect(calls()).toBe(1);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + day - 60_000);
    }, "UPDATE ON run");
  });

  it("to the thread at the end is tried again by the alarm, also after a restart", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    await inScene(async ({ beforeSave, open, start, readTurn, calls, storage }) => {
      beforeSave(() => Promise.reject(new RangeError("storage said: secret")));
      const object = open();
      await start(object);
      await expect(object.alarm()).rejects.toThrow("storage said");
      expect(await storage.getAlarm()).toBeLessThan(Date.now() + 20_000);
      expect(await readTurn()).toMatchObject({ status: "queued" });
      beforeSave(doNothing);
      const again = open();
      await again.alarm();
      expect(await readTurn()).toMatchObject({ status: "completed", output: [message("a")] });
      expect(await readTypes(again)).toEqual(["created", "queued", "in_progress", "a", "completed"]);
      expect(calls()).toBe(1);
    });
    expect(log.mock.calls).toEqual([[JSON.stringify({ event: "background_end_delayed", kind: "RangeError" })]]);
  });
});

/** A run that has its answer, and waits for `gate` to save it. */
async function beginSaving({ beforeSave, open, start }: Scene) {
  const gate = Promise.withResolvers<void>();
  const saving = Promise.withResolvers<void>();
  beforeSave(() => {
    saving.resolve();
    return gate.promise;
  });
  const object = open();
  await start(object);
  const over = object.alarm();
  await saving.promise;
  return { object, gate, over };
}

describe("a run whose end is decided", () => {
  it("can no longer be cancelled: the caller waits for its end", async () => {
    await inScene(async (scene) => {
      const { object, gate, over } = await beginSaving(scene);
      const cancelled = object.cancel("alice");
      gate.resolve();
      await cancelled;
      await over;
      expect(await scene.readTurn()).toMatchObject({ status: "completed" });
      expect(await readTypes(object)).toEqual(["created", "queued", "in_progress", "a", "completed"]);
    });
  });

  it("ends after a restart as it would have, without being run again", async () => {
    await inScene(async (scene) => {
      await beginSaving(scene);
      scene.beforeSave(doNothing);
      const again = scene.open();
      expect(await readRun(again)).toBeUndefined();
      expect(await scene.readTurn()).toMatchObject({ status: "completed", output: [message("a")] });
      await again.alarm();
      expect(await readTypes(again)).toEqual(["created", "queued", "in_progress", "a", "completed"]);
      expect(scene.calls()).toBe(1);
    });
  });

  it("stays deleted when it is deleted meanwhile", async () => {
    await inScene(async (scene) => {
      const { object, gate, over } = await beginSaving(scene);
      await env.THREADS.getByName(scene.place.thread).deleteTurn("alice", scene.place.turn);
      await object.delete("alice");
      gate.resolve();
      await over;
      expect([await scene.readTurn(), tablesOf(scene.storage), await scene.storage.getAlarm()]).toEqual([
        undefined,
        [],
        null,
      ]);
    });
  });

  it("is deleted when only its turn was deleted before it ended", async () => {
    await inScene(async (scene) => {
      const { gate, over } = await beginSaving(scene);
      await env.THREADS.getByName(scene.place.thread).deleteTurn("alice", scene.place.turn);
      gate.resolve();
      await over;
      expect([await scene.readTurn(), tablesOf(scene.storage)]).toEqual([undefined, []]);
    });
  });
});

describe("a restart", () => {
  it("fails a run in progress: by its alarm, or for the first who asks", async () => {
    for (const isAsked of [true, false]) {
      await inScene(async ({ open, start, storage, readTurn, calls }) => {
        await start(open());
        storage.sql.exec("UPDATE run SET status = 'running'");
        const again = open();
        if (isAsked) expect(await readRun(again)).toBeUndefined();
        else await again.alarm();
        expect(await readTurn()).toMatchObject({
          status: "failed",
          error: {
            code: "background_run_lost",
            message: "The Worker was restarted while it made this response. Send the request again.",
          },
        });
        await again.alarm();
        expect(calls()).toBe(0);
      });
    }
  });
});

describe("the clock", () => {
  it("stops upstream after 14 minutes, and the run fails with what was finished", async () => {
    await inScene(async ({ setUpstream, open, start, readTurn }) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const begun = Promise.withResolvers<void>();
      setUpstream(async (write, signal) => {
        write(event("response.output_item.done", { output_index: 0, item: message("half") }));
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
          begun.resolve();
        });
        throw new Error("upstream was stopped");
      });
      const object = open();
      await start(object);
      const over = object.alarm();
      await begun.promise;
      await scheduler.wait(20);
      vi.advanceTimersByTime(14 * 60_000 - 1);
      expect(await readRun(object)).toMatchObject({ status: "in_progress" });
      vi.advanceTimersByTime(1);
      await over;
      expect(await readTurn()).toMatchObject({
        status: "failed",
        error: { code: "background_run_too_long" },
        output: [message("half")],
      });
    });
  });

  it("sends a reader a keep-alive after 15 silent seconds, and leaves no timer when the reader goes", async () => {
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
});

describe("a run in a conversation", () => {
  const conversation = { version: 0, append: false };

  it.each([
    ["completed", ["x", "done"]],
    ["incomplete", ["x", "done"]],
    ["failed", []],
  ])("that ended as %s is added once, or not at all", async (status, texts) => {
    await inScene(async ({ open, start, setUpstream, place }) => {
      const thread = env.THREADS.getByName(place.thread);
      await thread.createConversation("alice", { createdAt: 1, metadata: "{}" }, packItems([]));
      const response = { id: "resp_upstream", status, output: [message("done")] };
      setUpstream(async (write) => write(event(`response.${status}`, { response })));
      const object = open();
      await start(object, { conversation });
      await object.alarm();
      await open().alarm();
      const { items } = (await thread.readContext("alice", "conversation", readAll)) ?? {};
      const listed: { content: string | { text: string }[] }[] = JSON.parse(decodeJson(items ?? new Uint8Array()));
      expect(listed.map(({ content }) => (typeof content === "string" ? content : content[0]?.text))).toEqual(texts);
      await thread.deleteConversation("alice");
    });
  });

  it("is logged when the conversation is gone at its end, and its response is stored", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    await inScene(async ({ open, start, place, beforeSave, readTurn }) => {
      const thread = env.THREADS.getByName(place.thread);
      await thread.createConversation("alice", { createdAt: 1, metadata: "{}" }, packItems([]));
      beforeSave(async () => void (await thread.deleteConversation("alice")));
      const object = open();
      await start(object, { conversation });
      await object.alarm();
      expect(await readTurn()).toMatchObject({ status: "completed" });
    });
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "conversation_not_continued", request_id: "request-1", reason: "gone" })],
    ]);
  });
});

/** What the receiver gets; it answers with these statuses, the last one for the rest. */
function receive(...statuses: number[]): { id: string | null; type: string }[] {
  const received: { id: string | null; type: string }[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    const request = new Request(url instanceof Request ? url : String(url), init);
    const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200;
    received.push({
      id: request.headers.get("webhook-id"),
      type: (JSON.parse(typeof init?.body === "string" ? init.body : "{}") as { type: string }).type,
    });
    return Promise.resolve(new Response(null, { status }));
  });
  return received;
}

describe("the webhook of a run", () => {
  const settings = {
    WEBHOOK_URL: "https://receiver.example/hook",
    WEBHOOK_SECRET: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  };

  it("is delivered when the run has ended, once, by an alarm of its own", async () => {
    await inScene(async ({ open, start, storage, readTurn }) => {
      const received = receive(204);
      const object = open(settings);
      await start(object, { kind: "background" });
      await object.alarm();
      expect(received).toEqual([]);
      expect(await storage.getAlarm()).toBeLessThanOrEqual(Date.now());
      await object.alarm();
      expect(received).toEqual([{ id: expect.stringMatching(/^evt_/), type: "response.completed" }]);
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
      expect(await readTurn()).toMatchObject({ status: "completed" });
    });
  });

  it("is retried with the same id, also after a restart, and doesn't change the response", async () => {
    await inScene(async ({ open, start, storage, readTurn }) => {
      const received = receive(500, 500, 200);
      const object = open(settings);
      await start(object);
      await object.cancel("alice");
      await object.alarm();
      const pauses: number[] = [];
      for (let attempt = 0; attempt < 2; attempt++) {
        pauses.push(Math.round((((await storage.getAlarm()) ?? 0) - Date.now()) / 1_000));
        storage.sql.exec("UPDATE run SET attempt_at = 1");
        await open(settings).alarm();
      }
      expect(pauses).toEqual([5, 60]);
      expect(received.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => "response.cancelled"));
      expect(new Set(received.map(({ id }) => id)).size).toBe(1);
      // Its events stay until the response expires.
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + day - 60_000);
      expect(await readTypes(object)).toEqual(["created", "queued", "failed"]);
      expect(await readTurn()).toMatchObject({ status: "cancelled" });
    });
  });

  it("is given up after nine attempts, with a line in the log", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    await inScene(async ({ open, start, storage, readTurn }) => {
      const received = receive(500);
      await start(open(settings), { kind: "background" });
      await open(settings).alarm();
      for (let attempt = 0; attempt < 9; attempt++) {
        storage.sql.exec("UPDATE run SET attempt_at = 1");
        await open(settings).alarm();
      }
      expect(received).toHaveLength(9);
      expect(log.mock.calls).toEqual([
        [JSON.stringify({ event: "webhook_not_delivered", webhook_id: received[0]?.id, attempts: 9 })],
      ]);
      expect([tablesOf(storage), await storage.getAlarm()]).toEqual([[], null]);
      expect(await readTurn()).toMatchObject({ status: "completed" });
    });
  });

  it("is deleted with the response", async () => {
    await inScene(async ({ open, start, storage }) => {
      const received = receive(500);
      const object = open(settings);
      await start(object);
      await object.alarm();
      await object.delete("alice");
      await object.alarm();
      expect([received, tablesOf(storage), await storage.getAlarm()]).toEqual([[], [], null]);
    });
  });
});
