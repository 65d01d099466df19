import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createThread, createTurn, itemIdOf } from "../../src/state/place.ts";
import type { ThreadRpc } from "../../src/state/thread-rpc.ts";
import { answerOf, type Asked, ask, inThreadOf, keys, newId, scriptModel } from "./ask.ts";

interface Made {
  id: string;
  /** The ids of its output items. */
  items: string[];
}

const compat = { MODE: "compat" };

function chatAnswer(said: object, finish_reason = "stop"): object {
  return { choices: [{ index: 0, message: { role: "assistant", ...said }, finish_reason }] };
}

function chatCall(id: string, name: string, args: string): object {
  return { id, type: "function", function: { name, arguments: args } };
}

/** Has a response made and kept in compat mode. */
async function create(said: object = { content: "hi" }, request: object = {}): Promise<Made> {
  const AI = scriptModel(chatAnswer(said));
  const { status, json } = await ask("/v1/responses", {
    body: { input: "hello", ...request },
    settings: { ...compat, AI },
  });
  expect(status).toBe(200);
  const { id, output } = json as unknown as { id: string; output: { id: string }[] };
  return { id, items: output.map((item) => item.id) };
}

/** Sends input, in compat mode, and gives what the model was asked with it. */
async function send(
  input: unknown[],
  { key = keys.alice, request = {}, settings = {} }: { key?: string; request?: object; settings?: object } = {},
): Promise<Asked & { messages: unknown }> {
  const AI = scriptModel(chatAnswer({ content: "next" }));
  const asked = await ask("/v1/responses", {
    key,
    body: { input, ...request },
    settings: { ...compat, AI, ...settings },
  });
  return { ...asked, messages: AI.calls[0]?.["messages"] };
}

const refer = (id: string | undefined) => ({ type: "item_reference", id });
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

const notFound = (index: number) => ({
  message:
    "The item referred to is not in the context that this request continues, and no stored response has it. Send the item itself, or the `previous_response_id` it belongs to.",
  type: "invalid_request_error",
  param: `input[${index}]`,
  code: "item_not_found",
});

/** The Worker's threads, and what of them is asked. */
function watchReads() {
  const reads: string[] = [];
  const THREADS = {
    getByName(name: string): Pick<ThreadRpc, "saveTurn" | "readItems" | "readContext"> {
      const object = env.THREADS.getByName(name);
      return {
        saveTurn: (turn) => (reads.push(`saveTurn of ${turn.input.ids.length}`), object.saveTurn(turn)),
        readItems: (owner, ids) => (reads.push(`readItems ${ids.length}`), object.readItems(owner, ids)),
        readContext: (...given) => (reads.push("readContext"), object.readContext(...given)),
      };
    },
  };
  return { reads, THREADS };
}

describe("an item_reference in compat mode", () => {
  it.each([{}, { type: null }])("may leave out its type: %j", async (type) => {
    const { items } = await create();
    const asked = await send([{ ...type, id: items[0] }, user("and?")]);
    expect([asked.status, asked.messages]).toEqual([200, [assistant("hi"), user("and?")]]);
  });

  it("is resolved by the item's id alone, where it stands", async () => {
    const first = await create();
    expect(first.items).toEqual([`msg_${first.id.slice("resp_".length)}0000`]);
    const asked = await send([user("hello"), refer(first.items[0]), user("go on")]);
    expect(asked.status).toBe(200);
    expect(asked.messages).toEqual([user("hello"), assistant("hi"), user("go on")]);
  });

  it("stands for each kind of item: reasoning, text and calls come back as the model made them", async () => {
    const tool_calls = [chatCall("call_1", "look_up", '{"city":"Paris"}'), chatCall("call_2", "run", '{"input":"ls"}')];
    const tools = [
      { type: "function", name: "look_up", parameters: { type: "object", properties: { city: { type: "string" } } } },
      { type: "custom", name: "run" },
    ];
    const { items } = await create({ reasoning_content: "Look.", content: "Wait.", tool_calls }, { tools });
    expect(items.map((id) => id.replace(/_[0-9a-f]{45}/, " "))).toEqual(["rs 0000", "msg 0001", "fc 0002", "ctc 0003"]);
    const outputs = [
      { type: "function_call_output", call_id: "call_1", output: "sunny" },
      { type: "custom_tool_call_output", call_id: "call_2", output: "a.txt" },
    ];
    const asked = await send([user("hello"), ...items.map(refer), ...outputs], { request: { tools } });
    expect(asked.messages).toEqual([
      user("hello"),
      { role: "assistant", content: "Wait.", reasoning: "Look.", reasoning_content: "Look.", tool_calls },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
      { role: "tool", tool_call_id: "call_2", content: "a.txt" },
    ]);
  });

  it("is given once when the request names it twice, or continues the response that has it", async () => {
    const { id, items } = await create();
    const twice = await send([refer(items[0]), refer(items[0]), user("go on")]);
    expect(twice.messages).toEqual([assistant("hi"), user("go on")]);
    const continued = await send([refer(items[0]), user("go on")], { request: { previous_response_id: id } });
    expect(continued.messages).toEqual([user("hello"), assistant("hi"), user("go on")]);
  });

  it("is what the next turn's context holds", async () => {
    const first = await create();
    const second = await send([user("hello"), refer(first.items[0]), user("go on")]);
    const third = await send([user("and on")], { request: { previous_response_id: second.json["id"] } });
    expect(third.messages).toEqual([user("hello"), assistant("hi"), user("go on"), assistant("next"), user("and on")]);
  });

  it("is counted by input_tokens as the item itself is", async () => {
    const { id, items } = await create({ content: "a longer answer of some more words" });
    const { json } = await ask(`/v1/responses/${id}`);
    const [item] = json["output"] as object[];
    const settings = compat;
    const count = (input: unknown[]) => ask("/v1/responses/input_tokens", { body: { input }, settings });
    const [referred, whole] = [await count([refer(items[0])]), await count([item])];
    expect(referred.status).toBe(200);
    expect(referred.json).toEqual(whole.json);
  });

  it("finds items of several responses when none continues the other", async () => {
    const [one, two, three] = [
      await create({ content: "one" }),
      await create({ content: "two" }),
      await create({ content: "three" }),
    ];
    const input = [one, two, one, three].flatMap(({ items }) => items.map(refer));
    const asked = await send([...input, user("go on")]);
    expect(asked.messages).toEqual(["one", "two", "three"].map(assistant).concat(user("go on")));
  });

  it("takes one read for a history of references, however long, and stores only what is new", async () => {
    const { reads, THREADS } = watchReads();
    const input: unknown[] = [];
    let last = "";
    for (let turn = 0; turn < 20; turn++) {
      input.push(user(`question ${turn}`));
      reads.length = 0;
      const { status, json, messages } = await send(input, { settings: { THREADS } });
      expect(status).toBe(200);
      expect(reads).toEqual([...(turn === 0 ? [] : ["readContext"]), "saveTurn of 1"]);
      expect(messages).toHaveLength(2 * turn + 1);
      const { id, output } = json as unknown as { id: string; output: { id: string }[] };
      last = id;
      input.push(...output.map((item) => refer(item.id)));
    }
    const listed = await ask(`/v1/responses/${last}/input_items?order=asc&limit=100`);
    expect((listed.json["data"] as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text)).toEqual(
      Array.from({ length: 39 }, (_, index) => (index % 2 === 0 ? `question ${index / 2}` : "next")),
    );
  });

  it("continues nothing when the history was changed: all of it is stored again", async () => {
    const { reads, THREADS } = watchReads();
    const { items } = await create();
    const asked = await send([user("changed"), refer(items[0]), user("go on")], { settings: { THREADS } });
    expect(asked.messages).toEqual([user("changed"), assistant("hi"), user("go on")]);
    expect(reads).toEqual(["readContext", "readItems 1", "saveTurn of 3"]);
  });

  it("is looked up in 64 threads at most", async () => {
    const ids = Array.from({ length: 65 }, () =>
      itemIdOf("msg", { thread: createThread(), turn: createTurn(), seq: 0x80_00 }),
    );
    const asked = await send(ids.map(refer));
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual({
      message:
        "The items referred to belong to more than 64 threads of stored responses. Send the items themselves, or continue the last response by `previous_response_id`.",
      type: "invalid_request_error",
      param: "input",
      code: "too_many_references",
    });
    expect((await send(ids.slice(1).map(refer))).json.error).toEqual(notFound(0));
  });
});

describe("an item_reference is refused by its place", () => {
  it("when the item is another key's, alone or beside one's own", async () => {
    const [first, second] = [await create(), await create()];
    const asked = await send([user("x"), refer(first.items[0])], { key: keys.bob });
    expect([asked.status, asked.json.error, asked.messages]).toEqual([400, notFound(1), undefined]);
    const unknown = await send(
      [user("x"), refer(itemIdOf("msg", { thread: createThread(), turn: createTurn(), seq: 0x80_00 }))],
      { key: keys.bob },
    );
    expect(unknown.text).toBe(asked.text);

    const AI = scriptModel(chatAnswer({ content: "bob's" }));
    const own = await ask("/v1/responses", { key: keys.bob, body: { input: "x" }, settings: { ...compat, AI } });
    const [item] = own.json["output"] as { id: string }[];
    const mixed = await send([refer(second.items[0]), refer(item?.id)], { key: keys.bob });
    expect([mixed.status, mixed.json.error]).toEqual([400, notFound(0)]);
  });

  it("when the response was deleted", async () => {
    const { id, items } = await create();
    await ask(`/v1/responses/${id}`, { method: "DELETE" });
    const asked = await send([refer(items[0])]);
    expect([asked.status, asked.json.error]).toEqual([400, notFound(0)]);
  });

  it("when the response was never stored", async () => {
    const { items } = await create({ content: "hi" }, { store: false });
    const asked = await send([refer(items[0])]);
    expect([asked.status, asked.json.error]).toEqual([400, notFound(0)]);
  });

  it("when the response has not ended, alone or beside one that has", async () => {
    const [unfinished, whole] = [await create(), await create()];
    await inThreadOf(unfinished.id, (storage, turn) => {
      storage.sql.exec("UPDATE turn SET status = 'queued' WHERE id = ?", turn);
    });
    for (const others of [[], whole.items]) {
      const asked = await send([...unfinished.items, ...others].map(refer));
      expect([asked.status, asked.json.error]).toEqual([400, notFound(0)]);
    }
  });

  it("when no item of the response has its id: past the output, of another kind, or missing", async () => {
    const { id, items } = await create();
    const digits = id.slice("resp_".length);
    for (const unknown of [`msg_${digits}0001`, `msg_${digits}ffff`, `rs_${digits}0000`, id, "", undefined, 1]) {
      const asked = await send([refer(items[0]), { type: "item_reference", id: unknown }]);
      expect([asked.status, asked.json.error]).toEqual([400, notFound(1)]);
    }
  });

  it("in native mode, where ids are upstream's", async () => {
    const [first, next] = [newId(), newId()];
    await ask("/v1/responses", { body: { input: "x" }, settings: { AI: scriptModel(answerOf(first)) } });
    const AI = scriptModel(answerOf(next));
    const asked = await ask("/v1/responses", { body: { input: [refer("msg_hi")] }, settings: { AI } });
    expect([asked.status, asked.json.error, AI.calls]).toEqual([400, notFound(0), []]);
  });
});
