import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { RawResponse } from "../support/raw-client.ts";
import { readEvents } from "../support/read-events.ts";
import { type RecordedRequest, readRecordedRequests, replayRequest } from "../support/recorded-requests.ts";
import { images, toDataUrl } from "../support/sample-files.ts";
import type { Answer, ConvertedFile, UpstreamCall } from "../support/scripted-upstream.ts";
import { type Api, startApi } from "../support/start-api.ts";
import { stateObjects } from "../support/state-objects.ts";

/** The recorded create requests that compat mode with storage refuses, and why. */
const refused: Record<string, { reason: string; status: number; code: string; param: string }> = {
  "codex-0.169.0/builtin-openai-base-url#1": {
    reason: "names a model of OpenAI's",
    status: 404,
    code: "model_not_found",
    param: "model",
  },
  "codex-0.169.0/known-model-gpt-5.5#0": {
    reason: "names a model of OpenAI's",
    status: 404,
    code: "model_not_found",
    param: "model",
  },
  "curl-7.88.1/malformed-json#0": { reason: "is no JSON", status: 400, code: "invalid_json", param: "" },
  "openai-7.57.0/conversation#1": {
    reason: "belongs to a stored conversation",
    status: 404,
    code: "conversation_not_found",
    param: "conversation",
  },
};

const recorded = await readRecordedRequests();
const creates = recorded.filter(({ method, path }) => method === "POST" && /^\/v1\/responses(\?|$)/.test(path));
const cases = [...Map.groupBy(creates, ({ name }) => name.replace(/#\d+$/, ""))].map(([title, requests]) => ({
  title,
  requests,
}));

let api: Api;

beforeAll(async () => {
  api = await startApi(
    inject("bundlePath"),
    [
      {
        name: "api",
        vars: { MODE: "compat", REASONING_KEY: "a-reasoning-key-of-32-characters" },
        durableObjects: stateObjects,
        services: [{ binding: "WEB", service: "web" }],
      },
      { name: "native" },
    ],
    [{ name: "web", modulePath: fileURLToPath(new URL("../support/web-pages.js", import.meta.url)) }],
  );
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

interface Item {
  type?: string;
  call_id?: string;
}

function itemsOf(request: RecordedRequest | undefined): Item[] {
  const { body } = request ?? {};
  const input = typeof body === "object" ? body?.["input"] : undefined;
  return Array.isArray(input) ? (input as Item[]) : [];
}

/** The calls that a request answers and doesn't repeat: the model has to have made them in the answer before. */
function callsBefore(next: RecordedRequest | undefined): string[] {
  const calls = new Set(itemsOf(next).map(({ type, call_id }) => (type === "function_call" ? call_id : undefined)));
  return itemsOf(next).flatMap(({ type, call_id }) =>
    type === "function_call_output" && call_id !== undefined && !calls.has(call_id) ? [call_id] : [],
  );
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** What `toMarkdown` makes of files. */
function convertFiles(files: readonly ConvertedFile[]): Answer {
  const result = files.map(({ name, mimeType }) => ({
    id: "1",
    name,
    mimeType,
    format: "markdown",
    tokens: 1,
    data: `What ${name} says.`,
  }));
  return { body: JSON.stringify({ result }) };
}

/** An answer in the form that was asked for: a text, or the calls that the client's next request answers. */
function answerChat(call: UpstreamCall, callIds: string[]): Answer {
  if (call.files !== undefined) return convertFiles(call.files);
  const { stream, messages } = call.inputs as { stream?: boolean; messages?: unknown[] };
  if (!Array.isArray(messages) || messages.length === 0) return { status: 400, body: "{}" };
  const tool_calls = callIds.map((id, index) => ({
    index,
    id,
    type: "function",
    function: { name: "get_weather", arguments: '{"city":"Paris"}' },
  }));
  const said = callIds.length > 0 ? { role: "assistant", tool_calls } : { role: "assistant", content: "Hello." };
  const finish_reason = callIds.length > 0 ? "tool_calls" : "stop";
  if (stream !== true)
    return { body: JSON.stringify({ choices: [{ index: 0, message: said, finish_reason }], usage }) };
  const chunks = [
    { choices: [{ index: 0, delta: said, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason }], usage },
  ];
  return {
    headers: { "content-type": "text/event-stream" },
    body: [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"],
  };
}

interface Made {
  id: string;
  status: string;
  output: { id: string }[];
}

/** A recorded request with the ids that the answer before it has here: its own, and its first item's. */
function continueLast(body: Record<string, unknown>, last: Made | undefined): Record<string, unknown> {
  const { input, previous_response_id: previousId } = body;
  const id = last?.output[0]?.id;
  return {
    ...body,
    ...(typeof previousId === "string" && { previous_response_id: last?.id }),
    ...(Array.isArray(input) && {
      input: input.map((item: Item) => (item.type === "item_reference" ? { type: item.type, id } : item)),
    }),
  };
}

function readResponse(text: string, isStream: boolean): Made {
  if (!isStream) return JSON.parse(text);
  const events = readEvents(text);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect(events.at(-1)?.type).toBe("response.completed");
  return events.at(-1)?.["response"] as Made;
}

describe("recorded requests of real clients, in compat mode", () => {
  test("are all there", () => {
    expect({ creates: creates.length, cases: cases.length }).toEqual({ creates: 123, cases: 94 });
    for (const name of Object.keys(refused)) expect(creates.map((create) => create.name)).toContain(name);
  });

  test.each(cases)("$title is answered", async ({ requests }) => {
    let last: Made | undefined;
    for (const [index, request] of requests.entries()) {
      const { name, body } = request;
      const callIds = callsBefore(requests[index + 1]);
      api.upstream.setScript((call) => answerChat(call, callIds));
      const isObject = typeof body === "object" && body !== null;
      const response = await replayRequest(api.workerd.port(), {
        ...request,
        ...(isObject && { body: continueLast(body, last) }),
      });
      const text = response.body.toString();
      const refusal = refused[name];
      if (refusal !== undefined) {
        const { status, code, param } = refusal;
        expect({ status: response.status, error: JSON.parse(text).error }).toMatchObject({
          status,
          error: { code, param },
        });
        continue;
      }
      expect({ status: response.status, text }).toMatchObject({ status: 200 });
      const answer = readResponse(text, isObject && body["stream"] === true);
      const isQueued = isObject && body["background"] === true;
      const status = isQueued ? "queued" : "completed";
      expect(answer).toMatchObject({ object: "response", status, model: "@cf/openai/gpt-oss-20b" });
      expect(answer.output.length).toBe(isQueued ? 0 : Math.max(1, callIds.length));
      last = answer;
    }
  });
});

describe("input_tokens", () => {
  test("are counted for the recorded request without a call of the model", async () => {
    const request = recorded.find(({ path }) => path === "/v1/responses/input_tokens");
    if (request === undefined) throw new Error("there is no recording");
    const response = await replayRequest(api.workerd.port(), request);
    expect({ status: response.status, body: JSON.parse(response.body.toString()) }).toEqual({
      status: 200,
      body: { object: "response.input_tokens", input_tokens: 68 },
    });
    expect(response.header("warning")).toBe('299 - "input_tokens is an estimate."');
    expect(api.upstream.calls).toEqual([]);
  });
});

function send(path: string, body: Record<string, unknown>, port = api.workerd.port()): Promise<RawResponse> {
  return replayRequest(port, {
    name: "own",
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body,
  });
}

function script(content: string, finish_reason = "stop"): Answer {
  return {
    body: JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content }, finish_reason }], usage }),
  };
}

describe("compact", () => {
  test("answers the recorded request with the user's messages and a compaction that a later request takes", async () => {
    const request = recorded.find(({ path }) => path === "/v1/responses/compact");
    if (request === undefined) throw new Error("there is no recording");
    api.upstream.setScript(script("The user said x."));
    const response = await replayRequest(api.workerd.port(), request);
    const compacted = JSON.parse(response.body.toString());
    expect({ status: response.status, body: compacted }).toEqual({
      status: 200,
      body: {
        id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
        object: "response.compaction",
        created_at: expect.any(Number),
        output: [
          {
            id: expect.stringMatching(/^msg_/),
            type: "message",
            role: "user",
            status: "completed",
            content: [{ type: "input_text", text: "x" }],
          },
          {
            id: expect.stringMatching(/^cmp_[0-9a-f]{32}$/),
            type: "compaction",
            encrypted_content: expect.stringMatching(/^v1\./),
          },
        ],
        usage: expect.objectContaining({ input_tokens: 10, output_tokens: 5, total_tokens: 15 }),
      },
    });
    const asked = (await api.upstream.nextCall()).inputs as { messages: { role: string; content: string }[] };
    expect(asked.messages[0]).toEqual({ role: "user", content: "x" });
    expect(asked.messages[1]?.content).toMatch(/^Write a summary/);

    api.upstream.setScript(script("y"));
    const input = [...compacted.output, { role: "user", content: "And now?" }];
    expect((await send("/v1/responses", { model: "gpt-oss-20b", input })).status).toBe(200);
    expect((await api.upstream.nextCall()).inputs).toMatchObject({
      messages: [
        { role: "user", content: "x" },
        { role: "user", content: "Summary of the conversation before this point:\n\nThe user said x." },
        { role: "user", content: "And now?" },
      ],
    });
  });

  test.each([
    [{ input: "x" }, script("s"), 400, "missing_required_parameter", "model"],
    [{ model: "gpt-4o", input: "x" }, script("s"), 404, "model_not_found", "model"],
    [{ model: "gpt-oss-20b", input: "x" }, script("half a sum", "length"), 502, "upstream_invalid_response", ""],
    [{ model: "gpt-oss-20b", input: "x" }, script(" "), 502, "upstream_invalid_response", ""],
  ])("%j is refused when the summary is %j", async (body, answer, status, code, param) => {
    api.upstream.setScript(answer);
    const response = await send("/v1/responses/compact", body);
    expect({ status: response.status, body: JSON.parse(response.body.toString()) }).toMatchObject({
      status,
      body: { error: { code, param } },
    });
  });

  test.each(["compact", "input_tokens"])("and %s say in native mode that they are of the other mode", async (route) => {
    const response = await send(`/v1/responses/${route}`, { input: "x" }, api.workerd.port("native"));
    expect({ status: response.status, body: JSON.parse(response.body.toString()) }).toEqual({
      status: 404,
      body: {
        error: {
          message: "This path is served in compat mode only. Call it under the base URL `/openai/v1`.",
          type: "not_found_error",
          param: "",
          code: "compat_mode_only",
        },
      },
    });
  });

  test.each(["compact", "input_tokens"])("and %s answer POST only", async (route) => {
    const response = await replayRequest(api.workerd.port(), {
      name: "own",
      method: "GET",
      path: `/v1/responses/${route}`,
      headers: {},
    });
    expect(response.status).toBe(405);
    expect(response.header("allow")).toBe("POST");
  });
});

describe("sealed reasoning", () => {
  test("goes out with the answer and comes back to the model, without its text in between", async () => {
    const message = { role: "assistant", content: "Hello.", reasoning_content: "They greet: greet back." };
    api.upstream.setScript({
      body: JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage }),
    });
    const question = { role: "user", content: "Hi." };
    const include = ["reasoning.encrypted_content"];
    const first = await send("/v1/responses", { input: [question], include, store: false });
    const { output } = JSON.parse(first.body.toString()) as { output: Record<string, unknown>[] };
    expect(output[0]).toMatchObject({ type: "reasoning", encrypted_content: expect.stringMatching(/^v1\./) });
    const [reasoning, ...rest] = output;
    const replayed = [{ ...reasoning, content: null, summary: [] }, ...rest];
    api.upstream.clear();
    expect((await send("/v1/responses", { input: [question, ...replayed, question] })).header("warning")).toBe(
      undefined,
    );
    expect((await api.upstream.nextCall()).inputs).toMatchObject({
      messages: [question, { role: "assistant", content: "Hello.", reasoning: message.reasoning_content }, question],
    });
  });
});

describe("an item_reference", () => {
  test.each([false, true])("leads to an item of a background run, streamed: %s", async (stream) => {
    api.upstream.setScript((call) => answerChat(call, ["call_1"]));
    const made = await send("/v1/responses", { input: "Hi.", background: true, stream });
    expect(made.status).toBe(200);
    const text = made.body.toString();
    const { id } = stream ? readResponse(text, true) : (JSON.parse(text) as Made);
    const read = () =>
      replayRequest(api.workerd.port(), { name: "own", method: "GET", path: `/v1/responses/${id}`, headers: {} });
    const readMade = async () => JSON.parse((await read()).body.toString()) as Made;
    await expect.poll(async () => (await readMade()).status, { timeout: 10_000 }).toBe("completed");
    const { output } = await readMade();
    expect(output.map((item) => item.id)).toEqual([`fc_${id.slice("resp_".length)}0000`]);
    if (stream) {
      const added = readEvents(text).find(({ type }) => type === "response.output_item.added");
      expect(added?.["item"]).toMatchObject({ id: output[0]?.id });
    }

    api.upstream.clear();
    api.upstream.setScript((call) => answerChat(call, []));
    const input = [
      { role: "user", content: "Hi." },
      { type: "item_reference", id: output[0]?.id },
      { type: "function_call_output", call_id: "call_1", output: "sunny" },
    ];
    expect((await send("/v1/responses", { input })).status).toBe(200);
    expect((await api.upstream.nextCall()).inputs).toMatchObject({
      messages: [
        { role: "user", content: "Hi." },
        { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "get_weather" } }] },
        { role: "tool", tool_call_id: "call_1", content: "sunny" },
      ],
    });
  });
});

describe("a context that is too full", () => {
  test("is refused as upstream refuses it", async () => {
    const description = "AiError: This model's maximum context length is 131072 tokens. However, you requested 1024.";
    api.upstream.setScript({ status: 400, body: JSON.stringify({ errors: [{ code: 5006, message: description }] }) });
    const response = await send("/v1/responses", { input: "word ".repeat(200_000), truncation: "disabled" });
    expect({ status: response.status, body: JSON.parse(response.body.toString()) }).toEqual({
      status: 400,
      body: {
        error: {
          message:
            "The input and the answer asked for do not fit in the model's context. Shorten the input, or ask for less in `max_output_tokens`.",
          type: "invalid_request_error",
          param: "",
          code: "context_length_exceeded",
        },
      },
    });
  });
});

describe("warnings", () => {
  test("travel in a header of the answer", async () => {
    api.upstream.setScript((call) => answerChat(call, []));
    const response = await replayRequest(api.workerd.port(), {
      name: "own",
      method: "POST",
      path: "/v1/responses",
      headers: {},
      body: {
        input: [{ role: "user", content: [{ type: "input_image", image_url: toDataUrl(images.png) }] }],
        tools: [{ type: "web_search" }],
      },
    });
    expect(response.status).toBe(200);
    expect(response.header("warning")).toBe(
      '299 - "The model can\'t see these images and was given descriptions of them: input[0].content[0].image_url.", 299 - "This Worker doesn\'t run these hosted tools, so they were left out: web_search."',
    );
  });
});
