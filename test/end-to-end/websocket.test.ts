import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { UpstreamCall } from "../support/scripted-upstream.ts";
import { connectSocket, type Frame, type SocketClient } from "../support/socket-client.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { stateObjects } from "../support/state-objects.ts";

const sse = { "content-type": "text/event-stream" };

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    { name: "api", durableObjects: stateObjects },
    { name: "stateless" },
    { name: "small", vars: { MAX_BODY_BYTES: "2000" } },
  ]);
});
beforeEach(() => {
  api.upstream.clear();
  api.upstream.setScript({ headers: sse, body: sayInChat("Hi") });
});
afterAll(() => api?.stop());

function open(path = "/openai/v1/responses", worker?: string): Promise<SocketClient> {
  return connectSocket(`${api.workerd.url(worker)}${path}`, { headers: clientHeaders });
}

function chunk(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

function sayInChat(text: string): string {
  return `${chunk({ content: text })}${chunk({}, "stop")}data: [DONE]\n\n`;
}

/** Answers of upstream that wait until they are let go, each with its own number. */
function holdBack() {
  const gates: PromiseWithResolvers<void>[] = [];
  const held = () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    const number = gates.length;
    async function* body() {
      yield ": begins\n\n";
      await gate.promise;
      yield sayInChat(`answer ${number}`);
    }
    return { headers: sse, body: body() };
  };
  api.upstream.setScript(held);
  return {
    letGo: (index: number) => gates[index]?.resolve(),
    letAllGo: () => gates.forEach(({ resolve }) => resolve()),
  };
}

/** Calls the API over HTTP. */
async function callApi(method: string, path: string, body?: object): Promise<{ data: ListedItem[] }> {
  const answered = await fetch(`${api.workerd.url()}/openai/v1${path}`, {
    method,
    headers: clientHeaders,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answered.status).toBe(200);
  return (await answered.json()) as { data: ListedItem[] };
}

interface ListedItem {
  id: string;
  content: { text: string }[];
}

interface ResponseLike {
  id: string;
  output: { content: { text: string }[] }[];
}

function responseOf(frame: Frame | undefined): ResponseLike {
  return frame?.["response"] as ResponseLike;
}

function textOf(frame: Frame | undefined): string | undefined {
  return responseOf(frame).output[0]?.content[0]?.text;
}

function promptOf(call: UpstreamCall | undefined): unknown {
  const { messages } = (call?.inputs ?? {}) as { messages?: { role: string; content: string }[] };
  return messages?.map(({ role, content }) => `${role}: ${content}`);
}

function errorFrame(fields: { status?: number; type?: string; code: string; param?: string; message: unknown }) {
  const { status = 400, type = "invalid_request_error", code, param = "", message } = fields;
  return { type: "error", status, error: { type, code, message, param } };
}

const notHeld = errorFrame({
  code: "previous_response_not_found",
  param: "previous_response_id",
  message:
    "This connection does not hold the response with this `previous_response_id`, and it is not stored. Send the whole context in `input`.",
});

describe("a turn", () => {
  test("has the events of a stream, a frame for each, with the numbers of their order", async () => {
    const client = await open();
    client.send({ type: "response.create", input: "Hello" });
    const frames = await client.readTurn();
    expect(frames.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(frames.map((frame) => frame["sequence_number"])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(frames.some((frame) => "stream_id" in frame || "warnings" in frame)).toBe(false);
    client.close();
    expect(await client.closed).toEqual({ code: 1005, reason: "" });
  });

  test("is asked for as clients do it: with a query, a beta header, stream: true and client_metadata", async () => {
    const client = await connectSocket(`${api.workerd.url()}/openai/v1/responses?model=gpt-oss-20b`, {
      headers: { ...clientHeaders, "openai-beta": "responses_websockets=2026-02-06" },
    });
    const stream_options = { include_obfuscation: false };
    const create = { input: "Hello", stream: true, stream_options, background: false, client_metadata: { a: "b" } };
    expect(await client.ask(create)).toMatchObject({ type: "response.completed" });
    client.close();
  });

  test("numbers its events from 0 again, and the next one does so too", async () => {
    const client = await open();
    for (const input of ["One", "Two"]) {
      client.send({ type: "response.create", input });
      expect((await client.readTurn())[0]).toMatchObject({ type: "response.created", sequence_number: 0 });
    }
    client.close();
  });

  test("says in its first event what the header `warning` says over HTTP", async () => {
    const client = await open();
    const create = { input: "Hello", tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] };
    const [header] = [
      (
        await fetch(`${api.workerd.url()}/openai/v1/responses`, {
          method: "POST",
          headers: clientHeaders,
          body: JSON.stringify(create),
        })
      ).headers.get("warning"),
    ];
    client.send({ type: "response.create", ...create });
    const [first, second] = await client.readTurn();
    const warnings = first?.["warnings"] as string[];
    expect(warnings.map((text) => `299 - "${text}"`).join(", ")).toBe(header);
    expect(second).not.toHaveProperty("warnings");
    client.close();
  });

  test("of a conversation reads it and is added to it", async () => {
    const made = await fetch(`${api.workerd.url()}/openai/v1/conversations`, {
      method: "POST",
      headers: clientHeaders,
      body: JSON.stringify({ items: [{ role: "user", content: "Remember: cobalt" }] }),
    });
    const { id } = (await made.json()) as { id: string };
    const client = await open();
    await client.ask({ input: "What?", conversation: id });
    await client.ask({ input: "And?", conversation: id, store: false });
    expect(promptOf(api.upstream.calls[1])).toEqual([
      "user: Remember: cobalt",
      "user: What?",
      "assistant: Hi",
      "user: And?",
    ]);
    client.close();
  });

  test("whose upstream breaks off ends with an error and response.failed, and the next one is answered", async () => {
    api.upstream.enqueue({ headers: sse, body: [chunk({ content: "H" })], ending: "reset" });
    const client = await open();
    client.send({ type: "response.create", input: "Hello" });
    expect((await client.readTurn()).slice(-2)).toMatchObject([
      { type: "error", code: "upstream_stream_broken", error: { code: "upstream_stream_broken" } },
      { type: "response.failed", response: { status: "failed", error: { code: "server_error" } } },
    ]);
    expect(await client.ask({ input: "Hello" })).toMatchObject({ type: "response.completed" });
    client.close();
  });
});

describe("what continues", () => {
  test("the turn before it has its context from memory, with store: false", async () => {
    const client = await open();
    const { id } = responseOf(await client.ask({ input: "One", store: false }));
    expect(await client.ask({ input: "Two", store: false, previous_response_id: id })).toMatchObject({
      type: "response.completed",
      response: { previous_response_id: id, store: false },
    });
    expect(promptOf(api.upstream.calls[1])).toEqual(["user: One", "assistant: Hi", "user: Two"]);
    client.close();
  });

  test("a tool call sends its output alone", async () => {
    const call = { index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "{}" } };
    api.upstream.enqueue({
      headers: sse,
      body: `${chunk({ tool_calls: [call] })}${chunk({}, "tool_calls")}data: [DONE]\n\n`,
    });
    const client = await open();
    const tools = [{ type: "function", name: "look", parameters: { type: "object", properties: {} } }];
    const { id, output } = responseOf(await client.ask({ input: "Look", store: false, tools }));
    expect(output).toMatchObject([{ type: "function_call", name: "look" }]);
    const { call_id } = output[0] as unknown as { call_id: string };
    const result = { type: "function_call_output", call_id, output: "a cat" };
    await client.ask({ input: [result], store: false, tools, previous_response_id: id });
    expect(api.upstream.calls[1]?.inputs).toMatchObject({
      messages: [
        { role: "user", content: "Look" },
        { role: "assistant", tool_calls: [{ id: call_id }] },
        { role: "tool", tool_call_id: call_id, content: "a cat" },
      ],
    });
    client.close();
  });

  test("an earlier turn than the last finds it in storage, and with store: false nowhere", async () => {
    const client = await open();
    const { id } = responseOf(await client.ask({ input: "One" }));
    await client.ask({ input: "Else", store: false });
    await client.ask({ input: "Two", previous_response_id: id });
    expect(promptOf(api.upstream.calls[2])).toEqual(["user: One", "assistant: Hi", "user: Two"]);
    await client.ask({ input: "Else", store: false });
    expect(await client.ask({ input: "Two", previous_response_id: id, store: false })).toEqual(notHeld);
    client.close();
  });

  test("a stored turn of another connection finds it, and one that is not stored does not", async () => {
    const first = await open();
    const stored = responseOf(await first.ask({ input: "One" }));
    const unstored = responseOf(await first.ask({ input: "One", store: false }));
    first.close();
    const client = await open();
    await client.ask({ input: "Two", previous_response_id: stored.id });
    expect(promptOf(api.upstream.calls[2])).toEqual(["user: One", "assistant: Hi", "user: Two"]);
    expect(await client.ask({ input: "Two", previous_response_id: unstored.id, store: false })).toEqual(notHeld);
    expect(await client.ask({ input: "Two", previous_response_id: unstored.id })).toMatchObject({
      status: 400,
      error: { code: "previous_response_not_found" },
    });
    client.close();
  });

  test("needs no storage to be bound, its references neither", async () => {
    const client = await open("/openai/v1/responses", "stateless");
    const { id, output } = responseOf(await client.ask({ input: "One" }));
    const reference = { type: "item_reference", id: (output[0] as unknown as { id: string }).id };
    await client.ask({ input: [reference, { role: "user", content: "Two" }], previous_response_id: id });
    expect(promptOf(api.upstream.calls[1])).toEqual(["user: One", "assistant: Hi", "user: Two"]);
    expect(await client.ask({ input: "Two", previous_response_id: "resp_other" })).toEqual(notHeld);
    client.close();
  });

  test("a response over HTTP finds what a socket stored", async () => {
    const client = await open();
    const { id } = responseOf(await client.ask({ input: "One" }));
    client.close();
    await fetch(`${api.workerd.url()}/openai/v1/responses`, {
      method: "POST",
      headers: clientHeaders,
      body: JSON.stringify({ input: "Two", previous_response_id: id }),
    });
    expect(promptOf(api.upstream.calls[1])).toEqual(["user: One", "assistant: Hi", "user: Two"]);
  });

  test.each([
    ["stored", { store: true }, { store: true }],
    ["not stored, then stored", { store: false }, { store: true }],
  ])("turns from memory is stored as over HTTP: %s", async (_, first, second) => {
    const client = await open();
    const one = responseOf(await client.ask({ ...first, input: "One" }));
    const two = responseOf(await client.ask({ ...second, input: "Two", previous_response_id: one.id }));
    const three = responseOf(await client.ask({ input: "Three", previous_response_id: two.id }));
    client.close();
    const said = ["user: One", "assistant: Hi", "user: Two", "assistant: Hi", "user: Three"];
    expect(promptOf(api.upstream.calls[2])).toEqual(said);
    await callApi("POST", "/responses", { input: "Four", previous_response_id: three.id });
    expect(promptOf(api.upstream.calls[3])).toEqual([...said, "assistant: Hi", "user: Four"]);
    const { data } = await callApi("GET", `/responses/${three.id}/input_items?order=asc`);
    expect(new Set(data.map(({ id }) => id)).size).toBe(5);
    expect(data.map(({ content: [part] }) => part?.text)).toEqual(["One", "Hi", "Two", "Hi", "Three"]);
  });

  test("a turn that was deleted meanwhile is stored with all that it stands on", async () => {
    const client = await open();
    const one = responseOf(await client.ask({ input: "One" }));
    expect(await callApi("DELETE", `/responses/${one.id}`)).toMatchObject({ deleted: true });
    const two = responseOf(await client.ask({ input: "Two", previous_response_id: one.id }));
    client.close();
    await callApi("POST", "/responses", { input: "Three", previous_response_id: two.id });
    expect(promptOf(api.upstream.calls[2])).toEqual([
      "user: One",
      "assistant: Hi",
      "user: Two",
      "assistant: Hi",
      "user: Three",
    ]);
  });

  test("nothing starts afresh", async () => {
    const client = await open();
    await client.ask({ input: "One" });
    await client.ask({ input: "Two" });
    expect(promptOf(api.upstream.calls[1])).toEqual(["user: Two"]);
    client.close();
  });

  test("and fails lets go of what it continued, a fork of another lane's response does not", async () => {
    const client = await open();
    const orphan = [{ type: "function_call_output", call_id: "call_none", output: "x" }];
    const { id } = responseOf(await client.ask({ input: "One", store: false }));
    const fork = { input: orphan, store: false, previous_response_id: id, stream_id: "side" };
    expect(await client.ask(fork)).toMatchObject({ status: 400, stream_id: "side" });
    const own = { input: orphan, store: false, previous_response_id: id };
    expect(await client.ask(own)).toMatchObject({ status: 400, error: { code: "invalid_value" } });
    expect(await client.ask({ input: "Two", store: false, previous_response_id: id })).toEqual(notHeld);
    client.close();
  });

  test("and fails within its stream lets go, too", async () => {
    const client = await open();
    const { id } = responseOf(await client.ask({ input: "One", store: false }));
    api.upstream.enqueue({ headers: sse, body: [chunk({ content: "H" })], ending: "reset" });
    const next = { input: "Two", store: false, previous_response_id: id };
    expect(await client.ask(next)).toMatchObject({ type: "response.failed" });
    expect(await client.ask(next)).toEqual(notHeld);
    client.close();
  });

  test("another lane's response forks: both lanes go on from it", async () => {
    const client = await open();
    const { id } = responseOf(await client.ask({ input: "One", store: false }));
    const fork = { input: "Left", store: false, previous_response_id: id, stream_id: "left" };
    expect(await client.ask(fork)).toMatchObject({ type: "response.completed", stream_id: "left" });
    await client.ask({ input: "Right", store: false, previous_response_id: id });
    expect(promptOf(api.upstream.calls[1])).toEqual(["user: One", "assistant: Hi", "user: Left"]);
    expect(promptOf(api.upstream.calls[2])).toEqual(["user: One", "assistant: Hi", "user: Right"]);
    client.close();
  });

  test("a context over MAX_BODY_BYTES has been let go", async () => {
    const client = await open("/openai/v1/responses", "small");
    const input = "x".repeat(900);
    const first = responseOf(await client.ask({ input, store: false }));
    const second = responseOf(await client.ask({ input, store: false, stream_id: "other" }));
    const next = { input: "Two", store: false };
    expect(await client.ask({ ...next, previous_response_id: first.id })).toEqual(notHeld);
    expect(await client.ask({ ...next, previous_response_id: second.id })).toMatchObject({
      type: "response.completed",
    });
    client.close();
  });
});

describe("a warm-up", () => {
  test.each(["/openai/v1/responses", "/ai/v1/responses"])(
    "under %s calls no model, and is continued as if it had been said",
    async (path) => {
      const client = await open(path);
      client.send({
        type: "response.create",
        generate: false,
        store: false,
        input: [{ type: "message", role: "developer", content: "Be brief" }],
        tools: [{ type: "function", name: "look", parameters: { type: "object", properties: {} } }],
      });
      const frames = await client.readTurn();
      expect(frames.map(({ type }) => type)).toEqual([
        "response.created",
        "response.in_progress",
        "response.completed",
      ]);
      expect(frames[2]).toMatchObject({
        sequence_number: 2,
        response: {
          status: "completed",
          output: [],
          store: false,
          usage: {
            input_tokens: 0,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 0,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 0,
          },
        },
      });
      expect(api.upstream.calls).toHaveLength(0);
      const { id } = responseOf(frames[2]);
      await client.ask({
        input: [{ type: "message", role: "user", content: "Hello" }],
        store: false,
        previous_response_id: id,
      });
      expect(JSON.stringify(api.upstream.calls[0]?.inputs)).toMatch(/Be brief.*Hello/);
      client.close();
    },
  );

  test("that is stored can be continued over another connection", async () => {
    const first = await open();
    const { id } = responseOf(await first.ask({ generate: false, input: "One" }));
    first.close();
    const client = await open();
    await client.ask({ input: "Two", previous_response_id: id });
    expect(promptOf(api.upstream.calls[0])).toEqual(["user: One", "user: Two"]);
    client.close();
  });

  test("for a model that is not served is refused", async () => {
    const client = await open();
    expect(await client.ask({ generate: false, input: "One", model: "gpt-5.5" })).toMatchObject({
      status: 404,
      error: { type: "not_found_error", code: "model_not_found", param: "model" },
    });
    client.close();
  });
});

describe("lanes", () => {
  test("run their turns in order: a frame that comes during a turn waits", async () => {
    const { letAllGo } = holdBack();
    const client = await open();
    for (const input of ["One", "Two", "Three"]) client.send({ type: "response.create", input });
    await api.upstream.nextCall();
    expect(await client.next()).toMatchObject({ type: "response.created" });
    expect(api.upstream.calls).toHaveLength(1);
    letAllGo();
    const rest = await client.readTurn();
    expect(textOf(rest.at(-1))).toBe("answer 1");
    for (const number of [2, 3]) {
      await api.upstream.nextCall();
      letAllGo();
      expect(textOf((await client.readTurn()).at(-1))).toBe(`answer ${number}`);
    }
    client.close();
  });

  test("with names run side by side, and each of their events says which", async () => {
    const { letGo } = holdBack();
    const client = await open();
    for (const stream_id of ["slow", "quick"]) {
      client.send({ type: "response.create", input: stream_id, stream_id });
      await api.upstream.nextCall();
    }
    letGo(1);
    const quick: Frame[] = [];
    while (quick.at(-1)?.type !== "response.completed") {
      const frame = await client.next();
      if (frame["stream_id"] === "quick") quick.push(frame);
      else expect(frame).toMatchObject({ stream_id: "slow", type: expect.stringMatching(/created|in_progress/) });
    }
    expect(quick.map((frame) => frame["sequence_number"])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    letGo(0);
    expect((await client.readTurn()).every((frame) => frame["stream_id"] === "slow")).toBe(true);
    client.close();
  });

  test("may call upstream four at once; the others wait, and all are answered", async () => {
    const { letAllGo } = holdBack();
    const client = await open();
    const names = Array.from({ length: 20 }, (_, index) => `lane-${index}`);
    for (const stream_id of names) client.send({ type: "response.create", input: "Hi", store: false, stream_id });
    const done = new Set<unknown>();
    while (done.size < 20) {
      await expect.poll(() => api.upstream.openCalls().length, { timeout: 5_000 }).toBe(4);
      letAllGo();
      for (const count = done.size; done.size < count + 4;) {
        const frame = await client.next();
        if (frame.type === "response.completed") done.add(frame["stream_id"]);
      }
    }
    expect(done).toEqual(new Set(names));
    client.close();
  });

  test("are 32 with names at most", async () => {
    const client = await open();
    for (let index = 0; index < 32; index += 1) {
      await client.ask({ generate: false, input: "Hi", store: false, stream_id: `lane-${index}` });
    }
    expect(await client.ask({ input: "Hi", stream_id: "one-more" })).toEqual({
      stream_id: "one-more",
      ...errorFrame({
        code: "websocket_stream_limit_reached",
        param: "stream_id",
        message:
          "This connection has 32 lanes, which is the most it can have. Use one of them, or open another connection.",
      }),
    });
    expect(await client.ask({ input: "Hi", stream_id: "lane-7" })).toMatchObject({ type: "response.completed" });
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    client.close();
  });

  test.each(["", "a b", "ü", "x".repeat(257), 5, null, {}])("have no name such as %j", async (stream_id) => {
    const client = await open();
    expect(await client.ask({ input: "Hi", stream_id })).toEqual(
      errorFrame({
        code: "invalid_stream_id",
        param: "stream_id",
        message: "The field `stream_id` must be 1 to 256 letters, digits, `_`, `.` or `-`.",
      }),
    );
    client.close();
  });

  test("hold 64 frames that wait; another is refused, and those are answered", async () => {
    const { letAllGo } = holdBack();
    const client = await open();
    client.send({ type: "response.create", input: "Hi", store: false });
    expect(await client.next()).toMatchObject({ type: "response.created" });
    expect(await client.next()).toMatchObject({ type: "response.in_progress" });
    for (let index = 0; index < 64; index += 1) {
      client.send({ type: "response.create", generate: false, input: `${index}`, store: false });
    }
    client.send({ type: "response.create", input: "one more", store: false });
    expect(await client.next()).toEqual(
      errorFrame({
        status: 429,
        type: "rate_limit_error",
        code: "websocket_queue_limit_reached",
        message:
          "Too many frames of this connection wait for their turn. Send this one again when a response has ended.",
      }),
    );
    letAllGo();
    for (let index = 0; index <= 64; index += 1) {
      expect((await client.readTurn()).at(-1)).toMatchObject({ type: "response.completed" });
    }
    client.close();
  });

  test("hold frames of MAX_BODY_BYTES together", async () => {
    const { letAllGo } = holdBack();
    const client = await open("/openai/v1/responses", "small");
    client.send({ type: "response.create", input: "Hi", store: false });
    expect(await client.next()).toMatchObject({ type: "response.created" });
    expect(await client.next()).toMatchObject({ type: "response.in_progress" });
    const input = "x".repeat(900);
    for (let index = 0; index < 3; index += 1) client.send({ type: "response.create", input, generate: false });
    expect(await client.next()).toMatchObject({ status: 429, error: { code: "websocket_queue_limit_reached" } });
    letAllGo();
    for (let index = 0; index < 3; index += 1) await client.readTurn();
    client.close();
  });
});

describe("a frame that is refused", () => {
  const typeMessage = "The field `type` must be one of: response.create, response.steer.";
  test.each([
    ["", "invalid_json", "", "The frame is empty. Send a JSON object with an `input`."],
    ["{", "invalid_json", "", "The frame is not valid JSON."],
    ["[]", "invalid_json", "", "The frame must be a JSON object."],
    ["{}", "missing_required_parameter", "type", "The field `type` is required."],
    ['{"type":"session.update"}', "invalid_value", "type", typeMessage],
    ['{"type":"response.create"}', "missing_required_parameter", "input", "The field `input` is required."],
    [
      '{"type":"response.create","input":5}',
      "invalid_type",
      "input",
      "The field `input` must be a string or an array.",
    ],
    [
      '{"type":"response.create","input":"x","generate":1}',
      "invalid_type",
      "generate",
      "The field `generate` must be a boolean.",
    ],
    [
      '{"type":"response.create","input":"x","background":true}',
      "unsupported_parameter",
      "background",
      "A response over a WebSocket can't be made in the background. Send its request over HTTP.",
    ],
    ["[".repeat(1_001), "nesting_too_deep", "", "The frame nests deeper than 1000 levels."],
  ])("as %j is says why, and the connection stays open", async (text, code, param, message) => {
    const client = await open();
    client.send(text);
    expect(await client.next()).toEqual(errorFrame({ code, param, message }));
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    client.close();
  });

  test("by upstream has upstream's error, as over HTTP", async () => {
    api.upstream.enqueue({ status: 429, body: '{"internalCode":3040,"description":"busy"}' });
    const client = await open();
    expect(await client.ask({ input: "Hi" })).toEqual(
      errorFrame({
        status: 429,
        type: "rate_limit_error",
        code: "out_of_capacity",
        message: "Workers AI has no capacity left for now. Try again soon.",
      }),
    );
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    client.close();
  });

  test("since it steers is answered by its own event", async () => {
    const client = await open();
    client.send({ type: "response.steer", previous_response_id: "resp_1", input: "Faster" });
    expect(await client.next()).toEqual({
      type: "response.steer.failed",
      sequence_number: 0,
      steer: { previous_response_id: "resp_1", input: "Faster" },
      error: {
        type: "invalid_request_error",
        code: "steering_not_supported",
        message: "The model takes no input while it answers. Send it with the next `response.create`.",
      },
    });
    client.close();
  });
});

describe("a connection ends", () => {
  test("with 1003 at a binary frame", async () => {
    const client = await open();
    client.send(new TextEncoder().encode('{"type":"response.create","input":"Hi"}'));
    expect(await client.closed).toEqual({ code: 1003, reason: "Frames must be text." });
  });

  test("with 1009 at a frame over MAX_BODY_BYTES, in bytes, and not at one of just that", async () => {
    const client = await open("/openai/v1/responses", "small");
    const start = '{"type":"response.create","input":"';
    client.send(`${start}${"x".repeat(2_000 - start.length - 2)}"}`);
    expect((await client.readTurn()).at(-1)).toMatchObject({ type: "response.completed" });
    client.send(`${start}${"ü".repeat(1_000)}"}`);
    expect(await client.closed).toEqual({ code: 1009, reason: "The frame is larger than MAX_BODY_BYTES." });
  });

  test("with 1008 at 16 errors in a row, which an answer begins anew", async () => {
    const client = await open();
    for (let index = 0; index < 15; index += 1) client.send("{}");
    client.send({ type: "response.create", input: "Hi" });
    for (let index = 0; index < 15; index += 1) expect(await client.next()).toMatchObject({ status: 400 });
    expect((await client.readTurn()).at(-1)).toMatchObject({ type: "response.completed" });
    for (let index = 0; index < 16; index += 1) client.send("{}");
    for (let index = 0; index < 16; index += 1) expect(await client.next()).toMatchObject({ status: 400 });
    expect(await client.closed).toEqual({ code: 1008, reason: "Too many frames in a row were refused." });
  });
});
