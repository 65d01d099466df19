import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { type KeyRange, keysOfTurn, rowOfKey } from "../../src/objects/threads/item-key.ts";
import { locateResponse } from "../../src/state/get-stored.ts";
import { createThread, createTurn, responseIdOf } from "../../src/state/place.ts";
import { rememberPlace } from "../../src/state/recent-places.ts";
import { answerOf, ask, inThreadOf, keys, message, newId, placeOf, scriptModel } from "./ask.ts";

/** Creates a response that is kept under `id`. */
function create(id: string, request: object = {}, settings: object = {}) {
  return ask("/v1/responses", {
    body: { input: "hello", ...request },
    settings: { AI: scriptModel(answerOf(id)), ...settings },
  });
}

/** Where the rows of a turn are. */
function keysOf(storage: DurableObjectStorage, turn: number): KeyRange {
  return keysOfTurn(storage.sql.exec<{ key: number }>("SELECT key FROM turn WHERE id = ?", turn).one().key);
}

function rowsIn(storage: DurableObjectStorage, range: KeyRange): unknown[] {
  return storage.sql.exec("SELECT key FROM item WHERE key BETWEEN ? AND ?", ...range).toArray();
}

function numbers(text: string): number[] {
  return [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
}

const opened = (id: string) =>
  `event: response.created\ndata: ${JSON.stringify({ response: { id, object: "response", status: "in_progress", output: [] } })}\n\n` +
  `event: response.output_item.done\ndata: ${JSON.stringify({ output_index: 0, item: message("half") })}\n\n`;

const described = (index: number) => ({
  status: "completed",
  id: `msg_${index}`,
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: `n${index}` }],
});

function user(content: string): object {
  return { type: "message", role: "user", content };
}

const notFound = {
  message: "There is no stored response with this id. It was never stored, was deleted, or is too old.",
  type: "not_found_error",
  param: "response_id",
  code: "response_not_found",
};

const previousNotFound = {
  message:
    "There is no stored response with this `previous_response_id`. It was never stored, was deleted, or is too old. Send the whole context in `input`.",
  type: "invalid_request_error",
  param: "previous_response_id",
  code: "previous_response_not_found",
};

describe("a stored response", () => {
  it("can be retrieved, at all three paths, after the client got upstream's own bytes", async () => {
    const id = newId();
    const created = await create(id);
    expect(created.text).toBe(JSON.stringify(answerOf(id)));
    for (const path of ["/v1", "/ai/v1", "/client/v4/accounts/abc/ai/v1"]) {
      const read = await ask(`${path}/responses/${id}`);
      expect(read.status).toBe(200);
      expect(read.headers.get("cache-control")).toBe("no-store");
      expect(read.json).toEqual({ ...answerOf(id), store: true, previous_response_id: null });
    }
  });

  it("keeps numbers that a double can't hold", async () => {
    const id = newId();
    const answer = `{"id":"${id}","n":12345678901234567890,"output":[]}`;
    const AI = scriptModel(new Response(answer, { headers: { "content-type": "application/json" } }));
    await ask("/v1/responses", { body: { input: "x" }, settings: { AI } });
    expect((await ask(`/v1/responses/${id}`)).text).toContain('"n":12345678901234567890');
  });

  it("is stored when it was streamed", async () => {
    const id = newId();
    const stream = `event: response.completed\ndata: ${JSON.stringify({ type: "response.completed", response: answerOf(id) })}\n\n`;
    const created = await ask("/v1/responses", {
      body: { input: "x", stream: true },
      settings: { AI: scriptModel(stream) },
    });
    expect(created.text).toBe(stream);
    expect((await ask(`/v1/responses/${id}`)).json).toMatchObject({ id, status: "completed" });
  });

  it("is replayed as a stream, from the event after starting_after", async () => {
    const id = newId();
    await create(id);
    const whole = await ask(`/v1/responses/${id}?stream=true`);
    expect(whole.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(numbers(whole.text)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(whole.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const rest = await ask(`/v1/responses/${id}?stream=true&starting_after=5`);
    expect(whole.text.endsWith(rest.text)).toBe(true);
    expect(numbers(rest.text)).toEqual([6, 7, 8]);
  });

  it("refuses an invalid starting_after", async () => {
    const id = newId();
    for (const query of ["starting_after=1", "stream=true&starting_after=x", "stream=true&starting_after=-1"]) {
      const asked = await ask(`/v1/responses/${id}?${query}`);
      expect(asked.status).toBe(400);
      expect(asked.json.error).toMatchObject({ code: "invalid_value", param: "starting_after" });
    }
  });

  it("is deleted by DELETE, with all its storage", async () => {
    const id = newId();
    await create(id);
    const place = await placeOf(id);
    const rows = await inThreadOf(id, keysOf);
    const deleted = await ask(`/v1/responses/${id}`, { method: "DELETE" });
    expect(deleted.status).toBe(200);
    expect(deleted.json).toEqual({ id, object: "response", deleted: true });
    const again = await ask(`/v1/responses/${id}`, { method: "DELETE" });
    expect(again.status).toBe(404);
    expect(again.json.error).toEqual(notFound);
    expect(await locateResponse(env, { keyName: "alice", id })).toBeUndefined();
    await runInDurableObject(env.THREADS.getByName(place.thread), (_object, { storage }) => {
      expect(storage.sql.exec("SELECT * FROM turn WHERE id = ?", place.turn).toArray()).toEqual([]);
      expect(rowsIn(storage, rows)).toEqual([]);
    });
  });

  it("of another key is unknown: every route answers as for an id that never existed", async () => {
    const id = newId();
    await create(id);
    for (const [path, method] of [
      ["", "GET"],
      ["?stream=true", "GET"],
      ["/input_items", "GET"],
      ["", "DELETE"],
    ] as const) {
      const foreign = await ask(`/v1/responses/${id}${path}`, { method, key: keys.bob });
      const unknown = await ask(`/v1/responses/resp_unknown${path}`, { method, key: keys.bob });
      expect(foreign.status).toBe(404);
      expect(foreign.text).toBe(unknown.text);
      expect(foreign.json.error).toEqual(notFound);
    }
    const foreign = await ask("/v1/responses", { body: { input: "x", previous_response_id: id }, key: keys.bob });
    expect(foreign.status).toBe(400);
    expect(foreign.json.error).toEqual(previousNotFound);
    expect((await ask(`/v1/responses/${id}`)).status).toBe(200);
  });

  it("is gone when it expires, also before its alarm has fired", async () => {
    const id = newId();
    await create(id, {}, { RETENTION_DAYS: "2" });
    const { thread, turn } = await placeOf(id);
    const object = env.THREADS.getByName(thread);
    await runInDurableObject(object, async (_object, { storage }) => {
      const minutes = (((await storage.getAlarm()) ?? 0) - Date.now()) / 60_000 - 2 * 24 * 60;
      expect(minutes).toBeGreaterThan(-1);
      expect(minutes).toBeLessThan(61);
    });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect((await ask(`/v1/responses/${id}`)).status).toBe(200);

    const rows = await runInDurableObject(object, (_object, { storage }) => {
      storage.sql.exec("UPDATE turn SET expires_at = ? WHERE id = ?", Date.now() - 1, turn);
      return keysOf(storage, turn);
    });
    expect((await ask(`/v1/responses/${id}`)).json.error).toEqual(notFound);
    expect((await ask("/v1/responses", { body: { input: "x", previous_response_id: id } })).json.error).toEqual(
      previousNotFound,
    );
    expect(await runDurableObjectAlarm(object)).toBe(true);
    await runInDurableObject(object, (_object, { storage }) => {
      expect(rowsIn(storage, rows)).toEqual([]);
    });
  });

  it("is stored whole when its texts are longer than a row", async () => {
    const id = newId();
    const input = `${"ž".repeat(2_500_000)}end`;
    await ask("/v1/responses", { body: { input }, settings: { AI: scriptModel(answerOf(id, "€".repeat(900_000))) } });
    expect((await ask(`/v1/responses/${id}`)).json).toMatchObject({ output: [message("€".repeat(900_000))] });
    const listed = await ask(`/v1/responses/${id}/input_items`);
    expect(listed.text).toContain(input);
    await inThreadOf(id, (storage, turn) => {
      const query = `SELECT max(length(data)) AS longest, count(*) AS pieces FROM item
        WHERE key BETWEEN ? AND ? GROUP BY ${rowOfKey}`;
      expect(storage.sql.exec(query, ...keysOf(storage, turn)).toArray()).toEqual([
        { longest: expect.any(Number), pieces: 1 },
        { longest: 1_900_000, pieces: 3 },
        { longest: 1_900_000, pieces: 3 },
      ]);
    });
  });
});

describe("what is not stored", () => {
  it("is a response with store: false", async () => {
    const id = newId();
    await create(id, { store: false });
    expect((await ask(`/v1/responses/${id}`)).json.error).toEqual(notFound);
  });

  it.each(["false", 0, {}])("is a request with store: %j, which is refused", async (store) => {
    const id = newId();
    const asked = await create(id, { store });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual({
      message: "The field `store` must be a boolean.",
      type: "invalid_request_error",
      param: "store",
      code: "invalid_type",
    });
    expect((await ask(`/v1/responses/${id}`)).status).toBe(404);
  });

  it("leaves no storage behind when it is looked up", async () => {
    const place = { thread: createThread(), turn: createTurn() };
    await ask(`/v1/responses/${responseIdOf(place)}`);
    await runInDurableObject(env.THREADS.getByName(place.thread), (_object, { storage }) => {
      expect(storage.sql.exec("SELECT count(*) AS count FROM sqlite_master WHERE name = 'thread'").one()).toEqual({
        count: 0,
      });
    });
  });

  it.each([
    ["an answer without an id", { output: [] }, "no_id"],
    ["an answer whose id can't be one", { id: "../x", output: [] }, "no_id"],
  ])(
    "is %s: the client gets its bytes, and the log says so without a word of the prompt",
    async (_what, answer, reason) => {
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      const created = await ask("/v1/responses", { body: { input: "secret" }, settings: { AI: scriptModel(answer) } });
      expect(created.status).toBe(200);
      expect(created.text).toBe(JSON.stringify(answer));
      expect(log.mock.calls).toEqual([
        [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason })],
      ]);
      log.mockRestore();
    },
  );

  it("is a second answer under an id that the key has already; another key's is stored", async () => {
    const id = newId();
    await create(id);
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const answerAgain = (key: string) =>
      ask("/v1/responses", {
        body: { input: "x" },
        key,
        settings: { AI: scriptModel(answerOf(id, `second of ${key}`)) },
      });
    const second = await answerAgain(keys.alice);
    expect(second.json).toEqual(answerOf(id, `second of ${keys.alice}`));
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason: "id_taken" })],
    ]);
    await answerAgain(keys.bob);
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
    expect((await ask(`/v1/responses/${id}`)).json).toMatchObject({ output: [message("hi")] });
    expect((await ask(`/v1/responses/${id}`, { key: keys.bob })).json).toMatchObject({
      output: [message(`second of ${keys.bob}`)],
    });
  });

  it("is an answer whose id looks like one of this Worker's, since it would be looked up elsewhere", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const id = responseIdOf({ thread: createThread(), turn: createTurn() });
    expect((await create(id)).json).toEqual(answerOf(id));
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason: "no_id" })],
    ]);
    log.mockRestore();
    expect((await ask(`/v1/responses/${id}`)).json.error).toEqual(notFound);
  });

  it("is a turn of more than 32 MiB, and in the background it is refused", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const input = "x".repeat(33_600_000);
    const settings = { LOG: "off", MAX_BODY_BYTES: "67108864" };
    const id = newId();
    expect((await create(id, { input }, settings)).text).toBe(JSON.stringify(answerOf(id)));
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason: "too_large" })],
    ]);
    log.mockRestore();
    const refused = await create(id, { input, background: true }, settings);
    expect(refused.status).toBe(413);
    expect(refused.json.error).toEqual({
      message: "A `background` request is stored until it has run, and may take 32 MiB with its context. Send less.",
      type: "invalid_request_error",
      param: "input",
      code: "request_too_large",
    });
  });

  it("is an answer whose object fails: the client still gets it", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const THREADS = {
      getByName: () => ({ saveTurn: () => Promise.reject(new RangeError("storage said: secret")) }),
    };
    const id = newId();
    const created = await create(id, {}, { THREADS });
    expect(created.text).toBe(JSON.stringify(answerOf(id)));
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason: "RangeError" })],
    ]);
    log.mockRestore();
  });

  it("is not waited for without end: the client gets its answer, and a later failure is logged", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const lines = vi.spyOn(console, "log").mockImplementation(() => {});
    const save = Promise.withResolvers<boolean>();
    const THREADS = { getByName: () => ({ saveTurn: () => save.promise }) };
    const id = newId();
    const context = createExecutionContext();
    const created = await app.request(
      "/v1/responses",
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${keys.alice}`,
          "content-type": "application/json",
          "x-request-id": "request-1",
        },
        body: JSON.stringify({ input: "x" }),
      },
      { ...env, API_KEYS: `alice:${keys.alice}`, AI: scriptModel(answerOf(id)), THREADS },
      context,
    );
    expect(await created.text()).toBe(JSON.stringify(answerOf(id)));
    expect(log.mock.calls).toEqual([]);
    await vi.waitFor(() => expect(lines.mock.calls.join("")).toContain('"request_id":"request-1"'));
    expect(lines.mock.calls.join("")).toContain('"ending":"whole","not_stored":"late"');
    lines.mockRestore();
    save.reject(new RangeError("storage said: secret"));
    await waitOnExecutionContext(context);
    await vi.waitFor(() =>
      expect(log.mock.calls).toEqual([
        [JSON.stringify({ event: "response_not_stored", request_id: "request-1", reason: "RangeError" })],
      ]),
    );
    log.mockRestore();
  });
});

describe("a stream that broke", () => {
  it("is stored as failed, with what was finished", async () => {
    const id = newId();
    await ask("/v1/responses", { body: { input: "x", stream: true }, settings: { AI: scriptModel(opened(id)) } });
    expect((await ask(`/v1/responses/${id}`)).json).toMatchObject({
      id,
      status: "failed",
      error: { code: "upstream_stream_broken", message: "The model's answer broke off. Send the request again." },
      incomplete_details: null,
      output: [message("half")],
    });
  });
});

describe("previous_response_id", () => {
  it("puts the earlier items, reasoning included, before the new input; instructions don't carry over", async () => {
    const [first, second] = [newId(), newId()];
    const reasoning = { id: "rs_1", type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "hm" }] };
    const AI = scriptModel({ ...answerOf(first), output: [reasoning, message("one")] }, answerOf(second, "two"));
    await ask("/v1/responses", { body: { input: "hello", instructions: "be brief" }, settings: { AI } });
    const input = [{ role: "user", content: "and?" }];
    const created = await ask("/v1/responses", {
      body: { input, previous_response_id: first, metadata: { a: "b" } },
      settings: { AI },
    });
    expect(created.text).toBe(JSON.stringify(answerOf(second, "two")));
    expect(AI.calls[1]).toEqual({
      input: [{ type: "message", role: "user", content: "hello" }, reasoning, message("one"), ...input],
      metadata: { a: "b" },
    });
    expect((await ask(`/v1/responses/${second}`)).json).toMatchObject({ previous_response_id: first });
  });

  it("forks: two turns continue one response at once, and neither sees the other", async () => {
    const [root, left, right] = [newId(), newId(), newId()];
    await create(root);
    const turns = await Promise.all(
      [left, right].map(async (id) => {
        const AI = scriptModel(answerOf(id, id));
        const created = await ask("/v1/responses", {
          body: { input: id, previous_response_id: root },
          settings: { AI },
        });
        return { status: created.status, input: AI.calls[0]?.["input"] };
      }),
    );
    const before = [{ type: "message", role: "user", content: "hello" }, message("hi")];
    expect(turns).toEqual([
      { status: 200, input: [...before, { type: "message", role: "user", content: left }] },
      { status: 200, input: [...before, { type: "message", role: "user", content: right }] },
    ]);
    for (const id of [left, right]) {
      expect((await ask(`/v1/responses/${id}`)).json).toMatchObject({ output: [message(id)] });
    }
  });

  it.each(["resp_never_was", "", "../../x", "a".repeat(129)])("refuses the unknown id %j", async (id) => {
    const asked = await ask("/v1/responses", { body: { input: "x", previous_response_id: id } });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual(previousNotFound);
  });

  it("refuses a value that is not a string", async () => {
    const asked = await ask("/v1/responses", { body: { input: "x", previous_response_id: 7 } });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toMatchObject({ code: "invalid_type", param: "previous_response_id" });
  });

  it("takes one read and one write of its thread, and of the index where another isolate stored an id of upstream's", async () => {
    const id = newId();
    await create(id);
    const asked: string[] = [];
    const settings = {
      THREADS: {
        getByName(name: string) {
          const object = env.THREADS.getByName(name);
          return {
            readContext: (...given: Parameters<typeof object.readContext>) => (
              asked.push(`readContext ${name}`),
              object.readContext(...given)
            ),
            saveTurn: (turn: Parameters<typeof object.saveTurn>[0]) => (
              asked.push(`saveTurn ${name}`),
              object.saveTurn(turn)
            ),
          };
        },
      },
      RESPONSE_INDEX: {
        getByName(name: string) {
          const object = env.RESPONSE_INDEX.getByName(name);
          return {
            find: (named: string) => (asked.push(`find ${named}`), object.find(named)),
            add: (...given: Parameters<typeof object.add>) => (asked.push(`add ${given[0]}`), object.add(...given)),
          };
        },
      },
    };
    const { thread } = await placeOf(id);
    const continueIt = async () => {
      asked.length = 0;
      const next = newId();
      expect((await create(next, { previous_response_id: id }, settings)).status).toBe(200);
      return next;
    };
    const turn = [`readContext ${thread}`, `saveTurn ${thread}`];
    let next = await continueIt();
    expect(asked).toEqual([...turn, `add ${next}`]);

    // Its id was deleted elsewhere, and given to another.
    const elsewhere = { thread: createThread(), turn: createTurn() };
    rememberPlace({ keyName: "alice", id }, elsewhere);
    next = await continueIt();
    expect(asked).toEqual([`readContext ${elsewhere.thread}`, `find ${id}`, ...turn, `add ${next}`]);

    // Another isolate knows nothing of it.
    for (let other = 0; other < 1_000; other++) rememberPlace({ keyName: "alice", id: `${other}` }, elsewhere);
    next = await continueIt();
    expect(asked).toEqual([`find ${id}`, ...turn, `add ${next}`]);

    asked.length = 0;
    const compat = {
      ...settings,
      MODE: "compat",
      AI: scriptModel({ choices: [{ index: 0, message: { content: "hi" }, finish_reason: "stop" }] }),
    };
    const made = await create(next, {}, compat);
    const { thread: fresh } = await placeOf(String(made.json["id"]));
    await create(next, { previous_response_id: made.json["id"] }, compat);
    expect(asked).toEqual([`saveTurn ${fresh}`, `readContext ${fresh}`, `saveTurn ${fresh}`]);
  });

  it("keeps the whole context when what it continues is deleted before it is stored", async () => {
    const [first, second, third] = [newId(), newId(), newId()];
    await create(first);
    const AI = {
      async run() {
        await ask(`/v1/responses/${first}`, { method: "DELETE" });
        return new Response(JSON.stringify(answerOf(second, "two")), {
          headers: { "content-type": "application/json" },
        });
      },
    };
    await create(second, { input: "and?", previous_response_id: first }, { AI });
    const next = scriptModel(answerOf(third));
    await create(third, { input: "so?", previous_response_id: second }, { AI: next });
    expect(next.calls[0]?.["input"]).toEqual([user("hello"), message("hi"), user("and?"), message("two"), user("so?")]);
  });

  it("goes on in another object when its own is full, with all that it continues", async () => {
    const [first, second] = [newId(), newId()];
    await create(first);
    const { thread } = await placeOf(first);
    const object = env.THREADS.getByName(thread);
    const THREADS = {
      getByName: (name: string) =>
        name === thread
          ? {
              readContext: async (...given: Parameters<typeof object.readContext>) => ({
                ...(await object.readContext(...given)),
                isFull: true,
              }),
              saveTurn: (turn: Parameters<typeof object.saveTurn>[0]) => object.saveTurn(turn),
            }
          : env.THREADS.getByName(name),
    };
    await create(second, { input: "and?", previous_response_id: first }, { THREADS });
    await ask(`/v1/responses/${first}`, { method: "DELETE" });
    const listed = await ask(`/v1/responses/${second}/input_items?order=asc`);
    expect((listed.json["data"] as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text)).toEqual([
      "hello",
      "hi",
      "and?",
    ]);
  });

  it.each([
    ["8 MiB", "x".repeat(5_000_000)],
    ["250,000 JSON values", [{ role: "user", content: "x", more: Array.from({ length: 130_000 }, () => 0) }]],
  ])("is refused when the context is larger than %s", async (_what, input) => {
    const [first, second] = [newId(), newId()];
    await create(first, { input }, { LOG: "off" });
    await create(second, { input, previous_response_id: first }, { LOG: "off" });
    const asked = await create(newId(), { previous_response_id: second });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual({
      type: "invalid_request_error",
      code: "context_too_large",
      param: "previous_response_id",
      message:
        "What this request continues is larger than 8 MiB, 20,000 items or 250,000 JSON values. Continue an earlier response, or send what still matters in `input`.",
    });
    expect((await ask(`/v1/responses/${second}`)).status).toBe(200);
  });

  it("of a response in another schema is a 500 that says so", async () => {
    const error = new Error("state_schema_mismatch: stored by schema 2, this Worker reads 1");
    const THREADS = { getByName: () => ({ readTurn: () => Promise.reject(error) }) };
    const id = responseIdOf({ thread: createThread(), turn: createTurn() });
    const asked = await ask(`/v1/responses/${id}`, { settings: { THREADS } });
    expect(asked.status).toBe(500);
    expect(asked.json.error).toEqual({
      message:
        "The stored data was written by another version of this Worker, in a schema that this one does not read. Its operator can deploy that version.",
      type: "server_error",
      param: "",
      code: "state_schema_mismatch",
    });
  });
});

describe("item_reference", () => {
  it("stands for an item of the context, which the model is given once", async () => {
    const [first, second] = [newId(), newId()];
    await create(first);
    const AI = scriptModel(answerOf(second));
    await ask("/v1/responses", {
      body: {
        previous_response_id: first,
        input: [
          { type: "item_reference", id: "msg_hi" },
          { role: "user", content: "go on" },
        ],
      },
      settings: { AI },
    });
    expect(AI.calls[0]?.["input"]).toEqual([
      { type: "message", role: "user", content: "hello" },
      message("hi"),
      { role: "user", content: "go on" },
    ]);
  });

  it("to an item outside the context is refused by its place", async () => {
    const asked = await ask("/v1/responses", {
      body: {
        input: [
          { role: "user", content: "x" },
          { type: "item_reference", id: "msg_elsewhere" },
        ],
      },
    });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual({
      message:
        "The item referred to is not in the context that this request continues, and no stored response has it. Send the item itself, or the `previous_response_id` it belongs to.",
      type: "invalid_request_error",
      param: "input[1]",
      code: "item_not_found",
    });
  });
});

describe("input_items", () => {
  const inputs = Array.from({ length: 5 }, (_, index) => ({ id: `msg_${index}`, role: "user", content: `n${index}` }));
  it.each([
    ["?order=asc&limit=2", [0, 1], true],
    ["?order=asc&limit=2&after=msg_1", [2, 3], true],
    ["?order=asc&limit=2&after=msg_3", [4], false],
    ["?limit=3", [4, 3, 2], true],
    ["?after=msg_1&include[]=reasoning.encrypted_content", [0], false],
    ["?after=msg_0", [], false],
    ["", [4, 3, 2, 1, 0], false],
  ])("lists %s as a page", async (query, indexes, hasMore) => {
    const id = newId();
    await create(id, { input: inputs });
    const listed = await ask(`/v1/responses/${id}/input_items${query}`);
    expect(listed.status).toBe(200);
    expect(listed.json).toEqual({
      object: "list",
      data: indexes.map(described),
      first_id: indexes.length === 0 ? "" : `msg_${indexes[0]}`,
      last_id: indexes.length === 0 ? "" : `msg_${indexes.at(-1)}`,
      has_more: hasMore,
    });
  });

  it("gives an item without an id a lasting one, the same in the next turn's list", async () => {
    const [first, second] = [newId(), newId()];
    await create(first);
    await create(second, { previous_response_id: first });
    const before = await ask(`/v1/responses/${first}/input_items`);
    expect(before.json["first_id"]).toMatch(/^msg_[\da-f]{49}$/);
    const after = await ask(`/v1/responses/${second}/input_items?order=asc&limit=2`);
    expect(after.json).toMatchObject({
      data: [
        { id: before.json["first_id"], role: "user", content: [{ type: "input_text", text: "hello" }] },
        message("hi"),
      ],
      has_more: true,
    });
  });

  it("lists an item that came twice under two ids", async () => {
    const [first, second] = [newId(), newId()];
    await create(first, { input: inputs.slice(0, 1) });
    await create(second, { input: [...inputs.slice(0, 1), message("hi")], previous_response_id: first });
    const listed = await ask(`/v1/responses/${second}/input_items?order=asc`);
    const ids = (listed.json["data"] as { id: string }[]).map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(["msg_0", "msg_hi"]);
    expect(ids.slice(2)).toEqual([
      expect.stringMatching(/^msg_[\da-f]{49}$/),
      expect.stringMatching(/^msg_[\da-f]{49}$/),
    ]);
  });

  it.each(["limit=0", "limit=101", "limit=x", "order=up", "after=msg_none"])("refuses %s", async (query) => {
    const id = newId();
    await create(id);
    const asked = await ask(`/v1/responses/${id}/input_items?${query}`);
    expect(asked.status).toBe(400);
    expect(asked.json.error).toMatchObject({ code: "invalid_value", param: query.slice(0, query.indexOf("=")) });
  });
});

describe("without the binding THREADS", () => {
  const settings = { THREADS: undefined };

  it("answers without storing", async () => {
    const created = await create(newId(), { store: true }, settings);
    expect(created.status).toBe(200);
  });

  it.each([{ previous_response_id: "resp_1" }, { input: [{ type: "item_reference", id: "msg_1" }] }])(
    "refuses what needs storage, and says what to bind: %j",
    async (request) => {
      const asked = await create(newId(), request, settings);
      const param = "input" in request ? "input[0]" : "previous_response_id";
      expect(asked.status).toBe(400);
      expect(asked.json.error).toEqual({
        message: `This Worker keeps no state, so it can't serve \`${param}\`. Send the whole context in \`input\`; its operator turns state on by binding THREADS.`,
        type: "invalid_request_error",
        param,
        code: "unsupported_parameter",
      });
    },
  );

  it("has no responses", async () => {
    const asked = await ask("/v1/responses/resp_1", { settings });
    expect(asked.status).toBe(404);
    expect(asked.json.error).toMatchObject({
      code: "response_not_found",
      message:
        "This Worker stores no responses. Its operator can turn storage on by binding THREADS: see docs/state.md.",
    });
  });
});
