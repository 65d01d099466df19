import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createId } from "../../src/protocol/ids.ts";
import type { ResponseRpc } from "../../src/state/response-rpc.ts";
import { answerOf, type Asked, ask, keys, newId, scriptModel } from "./ask.ts";

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
    "The item referred to is not in the context that this request continues, and its id leads to no stored response that has it. Send the item itself, or the `previous_response_id` it belongs to.",
  type: "invalid_request_error",
  param: `input[${index}]`,
  code: "item_not_found",
});

/** The Worker's objects, and what of them is asked. */
function watchReads() {
  const reads: string[] = [];
  const RESPONSES = {
    getByName(name: string): Pick<ResponseRpc, "store" | "read" | "readContext"> {
      const object = env.RESPONSES.getByName(name);
      return {
        store: (stored) => object.store(stored),
        read: (owner) => (reads.push(`read ${name}`), object.read(owner)),
        readContext: (owner) => (reads.push(`readContext ${name}`), object.readContext(owner)),
      };
    },
  };
  return { reads, RESPONSES };
}

describe("an item_reference in compat mode", () => {
  it.each([{}, { type: null }])("may leave its type out: %j", async (type) => {
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
    expect(items.map((id) => id.replace(/_[0-9a-f]{32}/, " "))).toEqual(["rs 0000", "msg 0001", "fc 0002", "ctc 0003"]);
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

  it("reads several responses when none continues the other: the last one first, the rest by themselves", async () => {
    const [one, two, three] = [
      await create({ content: "one" }),
      await create({ content: "two" }),
      await create({ content: "three" }),
    ];
    const { reads, RESPONSES } = watchReads();
    const input = [one, two, one, three].flatMap(({ items }) => items.map(refer));
    const asked = await send([...input, user("go on")], { settings: { RESPONSES } });
    expect(asked.messages).toEqual(["one", "two", "three"].map(assistant).concat(user("go on")));
    expect(reads).toEqual([`readContext ${three.id}`, `read ${one.id}`, `read ${two.id}`]);
  });

  it("takes one read for a history of references, however long", async () => {
    const { reads, RESPONSES } = watchReads();
    const input: unknown[] = [];
    let last = "";
    for (let turn = 0; turn < 20; turn++) {
      input.push(user(`question ${turn}`));
      reads.length = 0;
      const { status, json } = await send(input, { settings: { RESPONSES } });
      expect(status).toBe(200);
      expect(reads).toEqual(last === "" ? [] : [`readContext ${last}`]);
      const { id, output } = json as unknown as { id: string; output: { id: string }[] };
      last = id;
      input.push(...output.map((item) => refer(item.id)));
    }
  });

  it("is looked up in 64 responses at most", async () => {
    const made = await Promise.all(Array.from({ length: 65 }, (_, index) => create({ content: `${index}` })));
    const input = made.flatMap(({ items }) => items.map(refer));
    const { reads, RESPONSES } = watchReads();
    const asked = await send(input, { settings: { RESPONSES } });
    expect(asked.status).toBe(400);
    expect(asked.json.error).toEqual({
      message:
        "The items referred to belong to more than 64 stored responses. Send the items themselves, or continue the last response by `previous_response_id`.",
      type: "invalid_request_error",
      param: "input",
      code: "too_many_references",
    });
    expect(reads).toEqual([`readContext ${made[64]?.id}`]);
    expect((await send(input.slice(1))).status).toBe(200);
  });
});

describe("an item_reference is refused by its place", () => {
  it("when the item is another key's, alone or beside one's own", async () => {
    const [first, second] = [await create(), await create()];
    const asked = await send([user("x"), refer(first.items[0])], { key: keys.bob });
    expect([asked.status, asked.json.error, asked.messages]).toEqual([400, notFound(1), undefined]);
    const unknown = await send([user("x"), refer(`msg_${createId("resp").slice(5)}0000`)], { key: keys.bob });
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
    await runInDurableObject(env.RESPONSES.getByName(unfinished.id), (_object, { storage }) => {
      storage.sql.exec("UPDATE response SET status = 'running'");
    });
    for (const others of [[], whole.items]) {
      const asked = await send([...unfinished.items, ...others].map(refer));
      expect([asked.status, asked.json.error]).toEqual([400, notFound(0)]);
    }
  });

  it("when its id is none of the response's items: past the output, of another kind, or missing", async () => {
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
