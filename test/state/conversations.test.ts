import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { answerOf, ask, keys, message, newId, scriptModel } from "./ask.ts";

async function createConversation(body: object = {}, settings: object = {}): Promise<string> {
  const created = await ask("/v1/conversations", { body, settings });
  expect(created.status).toBe(200);
  return String(created.json["id"]);
}

function objectOf(id: string) {
  return env.THREADS.getByName(id.slice("conv_".length));
}

function user(content: string): object {
  return { type: "message", role: "user", content };
}

function pairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, "value"]));
}

async function listTexts(id: string, query = "?order=asc&limit=100"): Promise<unknown[]> {
  const listed = await ask(`/v1/conversations/${id}/items${query}`);
  expect(listed.status).toBe(200);
  return (listed.json["data"] as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text);
}

const notFound = {
  message: "There is no conversation with this id. It never existed, or was deleted.",
  type: "not_found_error",
  param: "conversation",
  code: "conversation_not_found",
};

describe("a conversation", () => {
  it("is created, retrieved, changed and deleted", async () => {
    const created = await ask("/v1/conversations", { body: { metadata: { topic: "demo" } } });
    const id = String(created.json["id"]);
    expect(id).toMatch(/^conv_[\da-f]{32}$/);
    const first = { id, object: "conversation", created_at: expect.any(Number), metadata: { topic: "demo" } };
    expect(created.json).toEqual(first);
    expect((await ask(`/v1/conversations/${id}`)).json).toEqual(first);
    const changed = await ask(`/v1/conversations/${id}`, { body: { metadata: { topic: "other" } } });
    expect(changed.json).toEqual({ ...first, metadata: { topic: "other" } });
    expect((await ask(`/v1/conversations/${id}`)).json).toEqual({ ...first, metadata: { topic: "other" } });
    expect((await ask(`/v1/conversations/${id}`, { method: "DELETE" })).json).toEqual({
      id,
      object: "conversation.deleted",
      deleted: true,
    });
    expect((await ask(`/v1/conversations/${id}`)).json.error).toEqual(notFound);
    await runInDurableObject(objectOf(id), async (_object, { storage }) => {
      expect(storage.sql.exec("SELECT count(*) AS count FROM sqlite_master WHERE name = 'item'").one()).toEqual({
        count: 0,
      });
      expect(await storage.getAlarm()).toBeNull();
    });
  });

  it("needs no body to be created, but one to be changed", async () => {
    const created = await ask("/v1/conversations", { method: "POST" });
    expect(created.json).toMatchObject({ object: "conversation", metadata: {} });
    const id = String(created.json["id"]);
    const missing = { type: "invalid_request_error", code: "missing_required_parameter" };
    const changed = await ask(`/v1/conversations/${id}`, { method: "POST" });
    expect(changed.status).toBe(400);
    expect(changed.json.error).toMatchObject({ ...missing, param: "metadata" });
    const added = await ask(`/v1/conversations/${id}/items`, { method: "POST" });
    expect(added.status).toBe(400);
    expect(added.json.error).toMatchObject({ ...missing, param: "items" });
  });

  it.each([
    [
      {},
      "type",
      "invalid_value",
      "The field `items[1].type` names no item that this Worker knows. Send messages, tool calls and their outputs.",
    ],
    [
      { type: 7 },
      "type",
      "invalid_value",
      "The field `items[1].type` names no item that this Worker knows. Send messages, tool calls and their outputs.",
    ],
    [
      { type: "mystery_call" },
      "type",
      "invalid_value",
      "The field `items[1].type` names no item that this Worker knows. Send messages, tool calls and their outputs.",
    ],
    [{ role: "user" }, "content", "missing_required_parameter", "The field `items[1].content` is required."],
    [
      { type: "message", role: "robot", content: "x" },
      "role",
      "invalid_value",
      "The field `items[1].role` must be one of: user, assistant, system, developer.",
    ],
    [
      { role: "user", content: 7 },
      "content",
      "invalid_type",
      "The field `items[1].content` must be a string or an array.",
    ],
  ])("takes no item such as %j, which would fail each later turn", async (item, field, code, text) => {
    const id = await createConversation();
    const body = { items: [user("one"), item] };
    const error = { type: "invalid_request_error", param: `items[1].${field}`, code, message: text };
    for (const path of ["/v1/conversations", `/v1/conversations/${id}/items`]) {
      const asked = await ask(path, { body });
      expect(asked.status).toBe(400);
      expect(asked.json.error).toEqual(error);
    }
    expect(await listTexts(id)).toEqual([]);
  });

  it("keeps 16 pairs of metadata, keys of 64 and values of 512 characters", async () => {
    const metadata = { ...pairs(15), ["k".repeat(64)]: "v".repeat(512) };
    const id = await createConversation({ metadata });
    expect((await ask(`/v1/conversations/${id}`)).json["metadata"]).toEqual(metadata);
  });

  it("gives an item whose id is taken a new one, so that paging through the list ends", async () => {
    const twice = { id: "msg_1", role: "user", content: "a" };
    const id = await createConversation({ items: [twice, twice] });
    const added = await ask(`/v1/conversations/${id}/items`, { body: { items: [twice, { ...twice, id: "msg_2" }] } });
    const [fresh, kept] = added.json["data"] as { id: string }[];
    expect(fresh?.id).toMatch(/^msg_[\da-f]{32}$/);
    expect(kept?.id).toBe("msg_2");
    const AI = scriptModel(answerOf(newId()));
    await ask("/v1/responses", { body: { input: [twice], conversation: id, store: false }, settings: { AI } });
    expect(AI.calls[0]?.["input"]).toEqual([twice, twice, twice, { ...twice, id: "msg_2" }, twice]);
    const seen: string[] = [];
    for (let after = "", more: unknown = true; more === true;) {
      const page = await ask(`/v1/conversations/${id}/items?order=asc&limit=1${after}`);
      seen.push(String(page.json["last_id"]));
      after = `&after=${seen.at(-1)}`;
      more = page.json["has_more"];
    }
    expect(seen).toHaveLength(6);
    expect(new Set(seen).size).toBe(6);
    expect((await ask(`/v1/conversations/${id}/items/${String(fresh?.id)}`, { method: "DELETE" })).status).toBe(200);
    expect(await listTexts(id)).toHaveLength(5);
  });

  it("clears its metadata with null, and requires the field in an update", async () => {
    const id = await createConversation({ metadata: { a: "b" } });
    const unsaid = await ask(`/v1/conversations/${id}`, { body: {} });
    expect(unsaid.status).toBe(400);
    expect(unsaid.json.error).toMatchObject({ code: "missing_required_parameter", param: "metadata" });
    expect((await ask(`/v1/conversations/${id}`, { body: { metadata: null } })).json["metadata"]).toEqual({});
    expect((await ask(`/v1/conversations/${id}`)).json["metadata"]).toEqual({});
  });

  it("is full at 8 MiB: what is there can still be read, and more is refused", async () => {
    const id = await createConversation({ items: [{ id: "msg_1", role: "user", content: "one" }] });
    const big = { id: "msg_2", role: "user", content: "x".repeat(7_500_000) };
    expect((await ask(`/v1/conversations/${id}/items`, { body: { items: [big] } })).status).toBe(200);
    const items = [{ role: "user", content: "y".repeat(900_000) }];
    const refused = await ask(`/v1/conversations/${id}/items`, { body: { items } });
    expect(refused.status).toBe(400);
    expect(refused.json.error).toEqual({
      message: "A conversation holds 8 MiB or 20,000 items at most. Delete some, or create another conversation.",
      type: "invalid_request_error",
      param: "items",
      code: "conversation_too_large",
    });
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const AI = scriptModel(answerOf(newId(), "y".repeat(900_000)));
    const created = await ask("/v1/responses", {
      body: { input: "x", conversation: id, store: false },
      settings: { AI },
    });
    expect(created.status).toBe(200);
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "conversation_not_continued", request_id: "request-1", reason: "too_large" })],
    ]);
    log.mockRestore();
    expect((await ask(`/v1/conversations/${id}/items/msg_1`)).status).toBe(200);
    expect((await ask(`/v1/conversations/${id}/items/msg_2`, { method: "DELETE" })).status).toBe(200);
    expect((await ask(`/v1/conversations/${id}/items`, { body: { items } })).status).toBe(200);
  });

  it("keeps items: added, listed by pages, read and deleted one by one", async () => {
    const id = await createConversation({ items: [{ role: "user", content: "one" }] });
    const added = await ask(`/v1/conversations/${id}/items`, {
      body: { items: [message("two"), { id: "msg_3", role: "user", content: "three" }] },
    });
    expect(added.json).toMatchObject({ object: "list", first_id: "msg_two", last_id: "msg_3", has_more: false });
    expect(await listTexts(id)).toEqual(["one", "two", "three"]);
    expect(await listTexts(id, "?limit=2")).toEqual(["three", "two"]);
    expect(await listTexts(id, "?limit=2&after=msg_two")).toEqual(["one"]);
    expect((await ask(`/v1/conversations/${id}/items/msg_3`)).json).toEqual({
      status: "completed",
      id: "msg_3",
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "three" }],
    });
    const deleted = await ask(`/v1/conversations/${id}/items/msg_two`, { method: "DELETE" });
    expect(deleted.json).toMatchObject({ id, object: "conversation" });
    expect(await listTexts(id)).toEqual(["one", "three"]);
    for (const method of ["GET", "DELETE"]) {
      const missing = await ask(`/v1/conversations/${id}/items/msg_two`, { method });
      expect(missing.status).toBe(404);
      expect(missing.json.error).toEqual({
        message: "There is no item with this id in this conversation.",
        type: "not_found_error",
        param: "item_id",
        code: "item_not_found",
      });
    }
  });

  it("keeps an item that is longer than a row", async () => {
    const text = "ž".repeat(1_500_000);
    const id = await createConversation({ items: [{ role: "user", content: text }] });
    expect(await listTexts(id)).toEqual([text]);
  });

  it("belongs to one key: for another, every route answers as for an unknown id", async () => {
    const id = await createConversation({ items: [{ id: "msg_1", role: "user", content: "one" }] });
    for (const [path, method, body] of [
      ["", "GET", undefined],
      ["", "POST", { metadata: {} }],
      ["/items", "GET", undefined],
      ["/items", "POST", { items: [] }],
      ["/items/msg_1", "GET", undefined],
      ["/items/msg_1", "DELETE", undefined],
      ["", "DELETE", undefined],
    ] as const) {
      for (const named of [id, "conv_unknown", "a".repeat(129)]) {
        const asked = await ask(`/v1/conversations/${named}${path}`, {
          method,
          key: keys.bob,
          ...(body !== undefined && { body }),
        });
        expect(asked.status).toBe(404);
        expect(asked.json.error).toEqual(notFound);
      }
    }
    expect(await listTexts(id)).toEqual(["one"]);
  });

  it("stays when its responses expire, until it is deleted", async () => {
    const id = await createConversation();
    const response = newId();
    await ask("/v1/responses", {
      body: { input: "hello", conversation: id },
      settings: { AI: scriptModel(answerOf(response)), RETENTION_DAYS: "1" },
    });
    const object = objectOf(id);
    await runInDurableObject(object, (_object, { storage }) => void storage.sql.exec("UPDATE turn SET expires_at = 1"));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect((await ask(`/v1/responses/${response}`)).status).toBe(404);
    expect(await listTexts(id)).toEqual(["hello", "hi"]);
    await runInDurableObject(object, async (_object, { storage }) => expect(await storage.getAlarm()).toBeNull());
    await ask(`/v1/conversations/${id}`, { method: "DELETE" });
    await runInDurableObject(object, (_object, { storage }) => {
      expect(storage.sql.exec("SELECT count(*) AS count FROM sqlite_master WHERE name = 'item'").one()).toEqual({
        count: 0,
      });
    });
  });

  it.each([
    [{ metadata: { a: 1 } }, "metadata.a", "invalid_type"],
    [{ metadata: [] }, "metadata", "invalid_type"],
    [{ metadata: JSON.rawJSON("12345678901234567890") }, "metadata", "invalid_type"],
    [{ metadata: pairs(17) }, "metadata", "object_above_max_properties"],
    [{ metadata: { ["k".repeat(65)]: "" } }, "metadata", "property_name_above_max_length"],
    [{ metadata: { a: "v".repeat(513) } }, "metadata.a", "string_above_max_length"],
    [{ items: "x" }, "items", "invalid_type"],
    [{ items: Array.from({ length: 21 }, () => ({ role: "user", content: "x" })) }, "items", "too_many_items"],
    [{ items: [{ type: "item_reference", id: "msg_1" }] }, "items[0]", "item_not_found"],
    [{ items: [{ role: "user", content: "x" }, { id: "msg_1" }] }, "items[1]", "item_not_found"],
  ])("refuses %j", async (body, param, code) => {
    const asked = await ask("/v1/conversations", { body });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toMatchObject({ param, code });
  });

  it("needs the binding THREADS", async () => {
    const settings = { THREADS: undefined };
    const asked = await ask("/v1/conversations", { body: {}, settings });
    expect(asked.status).toBe(404);
    expect(asked.json.error).toMatchObject({
      code: "conversation_not_found",
      message:
        "This Worker stores no conversations. Its operator can turn storage on by binding THREADS: see docs/state.md.",
    });
    const refused = await ask("/v1/responses", { body: { input: "x", conversation: "conv_1" }, settings });
    expect(refused.status).toBe(400);
    expect(refused.json.error).toMatchObject({
      code: "unsupported_parameter",
      param: "conversation",
      message:
        "This Worker keeps no state, so it can't serve `conversation`. Send the whole context in `input`; its operator turns state on by binding THREADS.",
    });
  });
});

describe("a response in a conversation", () => {
  it.each([(id: string) => id, (id: string) => ({ id })])("is given its items and adds both sides", async (name) => {
    const id = await createConversation({ items: [{ role: "user", content: "one" }] });
    const [first, second] = [newId(), newId()];
    const AI = scriptModel(answerOf(first, "two"), answerOf(second, "four"));
    await ask("/v1/responses", { body: { input: "hello", conversation: name(id) }, settings: { AI } });
    await ask("/v1/responses", { body: { input: "three", conversation: name(id) }, settings: { AI } });
    expect(AI.calls).toEqual([
      { input: [{ role: "user", content: "one" }, user("hello")] },
      { input: [{ role: "user", content: "one" }, user("hello"), message("two"), user("three")] },
    ]);
    expect(await listTexts(id)).toEqual(["one", "hello", "two", "three", "four"]);
    expect((await ask(`/v1/responses/${second}`)).json).toMatchObject({ conversation: { id } });
  });

  it("adds its turn also when it is not stored itself", async () => {
    const id = await createConversation();
    const response = newId();
    const AI = scriptModel(answerOf(response, "hi"));
    await ask("/v1/responses", { body: { input: "hello", conversation: id, store: false }, settings: { AI } });
    expect(await listTexts(id)).toEqual(["hello", "hi"]);
    expect((await ask(`/v1/responses/${response}`)).status).toBe(404);
  });

  it("adds nothing when it fails or breaks off", async () => {
    const id = await createConversation();
    for (const answer of [
      { ...answerOf(newId()), status: "failed" },
      'event: response.created\ndata: {"response":{}}\n\n',
    ]) {
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      const AI = scriptModel(answer);
      await ask("/v1/responses", {
        body: { input: "hello", conversation: id, stream: typeof answer === "string" },
        settings: { AI },
      });
      log.mockRestore();
    }
    expect(await listTexts(id)).toEqual([]);
  });

  it("makes a turn each when two run at once: neither is lost or interleaved", async () => {
    const id = await createConversation();
    const turns = ["a", "b", "c", "d"];
    await Promise.all(
      turns.map((turn) =>
        ask("/v1/responses", {
          body: { input: `${turn}?`, conversation: id },
          settings: { AI: scriptModel(answerOf(newId(), `${turn}!`)) },
        }),
      ),
    );
    const texts = await listTexts(id);
    expect(texts).toHaveLength(8);
    for (const turn of turns) expect(texts[texts.indexOf(`${turn}?`) + 1]).toBe(`${turn}!`);
  });

  it("is logged when its conversation is gone at its end", async () => {
    const id = await createConversation({ items: [{ role: "user", content: "before" }] });
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const inner = scriptModel(answerOf(newId()));
    const AI = {
      async run(model: string, inputs: Record<string, unknown>) {
        await ask(`/v1/conversations/${id}`, { method: "DELETE" });
        return inner.run(model, inputs);
      },
    };
    const created = await ask("/v1/responses", { body: { input: "x", conversation: id }, settings: { AI } });
    expect(created.status).toBe(200);
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ event: "conversation_not_continued", request_id: "request-1", reason: "gone" })],
    ]);
    log.mockRestore();
    // The response is stored all the same, with what it was given.
    const listed = await ask(`/v1/responses/${String(created.json["id"])}/input_items?order=asc`);
    expect(listed.json["data"]).toMatchObject([{ content: [{ text: "before" }] }, { content: [{ text: "x" }] }]);
  });

  it("is refused with an unknown conversation, with no id, and with a previous response", async () => {
    const unknown = await ask("/v1/responses", { body: { input: "x", conversation: "conv_unknown" } });
    expect(unknown.status).toBe(404);
    expect(unknown.json.error).toEqual(notFound);
    const wrong = await ask("/v1/responses", { body: { input: "x", conversation: 7 } });
    expect(wrong.json.error).toMatchObject({ code: "invalid_type", param: "conversation" });
    const both = await ask("/v1/responses", {
      body: { input: "x", conversation: "conv_1", previous_response_id: "resp_1" },
    });
    expect(both.status).toBe(400);
    expect(both.json.error).toMatchObject({ code: "mutually_exclusive_parameters", param: "previous_response_id" });
  });
});
