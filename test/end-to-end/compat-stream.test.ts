import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { projectRoot } from "../support/project-paths.ts";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { readEvents } from "../support/read-events.ts";
import { readWithOpenAI } from "../support/read-with-openai.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";

const llama = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
const sseHeaders = { "content-type": "text/event-stream" };

let api: Api;
let recorded: string;

beforeAll(async () => {
  recorded = await readFile(`${projectRoot}/test/fixtures/upstream/chat-tool-call.sse`, "utf8");
  const models = `@cf/openai/gpt-oss-20b,${llama}`;
  api = await startApi(inject("bundlePath"), [
    { name: "compat", vars: { MODE: "compat", MODELS: models } },
    { name: "impatient", vars: { MODE: "compat", UPSTREAM_TIMEOUT_MS: "300" } },
  ]);
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

function ask(body: object, worker?: string): Promise<Response> {
  return fetch(`${api.workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: clientHeaders,
    body: JSON.stringify({ input: "Hi", ...body }),
  });
}

function chunk(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

function typesOf(text: string): string[] {
  return readEvents(text).map(({ type }) => type);
}

/** A Response less what differs from run to run. */
function plain(response: unknown): unknown {
  const text = JSON.stringify(response);
  return JSON.parse(text.replaceAll(/_[0-9a-f]{32,}/g, "").replaceAll(/_at":\d+/g, '_at":0'));
}

/** Every key Open Responses requires of a Response (openresponses.org, ResponseResource.required). */
const required =
  "id object created_at completed_at status incomplete_details model previous_response_id instructions output error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key".split(
    " ",
  );

describe("a stream", () => {
  test("of the recorded chunks is the same however they are cut, and has every key of a Response", async () => {
    expect(required).toHaveLength(31);
    const answers = await Promise.all(
      [7, 64, 1000, 100_000].map(async (size) => {
        api.upstream.enqueue({ headers: sseHeaders, body: cutBytes(recorded, { size }) });
        const response = await ask({ stream: true });
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
        const text = await response.text();
        const { final } = await readWithOpenAI(text);
        expect(Object.keys(final)).toEqual(expect.arrayContaining(required));
        return { types: typesOf(text), usage: final["usage"] };
      }),
    );
    expect(answers[0]?.types.at(-1)).toBe("response.completed");
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test("asks upstream for a stream with usage, and a JSON request for JSON", async () => {
    api.upstream.setScript({ headers: sseHeaders, body: recorded });
    await (await ask({ stream: true })).text();
    await (await ask({})).text();
    expect(api.upstream.calls.map(({ inputs }) => inputs)).toMatchObject([
      { stream: true, stream_options: { include_usage: true } },
      expect.not.objectContaining({ stream: expect.anything() }),
    ]);
  });

  test("sends its first events with upstream's first byte, and each chunk's events as it comes", async () => {
    const gate = Promise.withResolvers<void>();
    async function* body() {
      yield ": hello\n\n";
      await gate.promise;
      yield chunk({ content: "Hi" });
      await gate.promise;
      yield `${chunk({}, "stop")}data: [DONE]\n\n`;
    }
    api.upstream.enqueue({ headers: sseHeaders, body: body() });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body: JSON.stringify({ input: "Hi", stream: true }) }));
    const opened = await client.waitForText("event: response.in_progress");
    expect(opened.includes("output_item.added")).toBe(false);
    gate.resolve();
    await client.waitForText("data: [DONE]");
    client.close();
  });

  test("of 10,000 chunks arrives whole and in order", async () => {
    const words = Array.from({ length: 10_000 }, (_word, index) => `word${index} `);
    const body = words.map((content) => chunk({ content })).join("") + chunk({}, "stop") + "data: [DONE]\n\n";
    api.upstream.enqueue({ headers: sseHeaders, body });
    const events = readEvents(await (await ask({ stream: true })).text());
    const deltas = events.filter(({ type }) => type === "response.output_text.delta").map((event) => event["delta"]);
    expect(deltas.join("")).toBe(words.join(""));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
    expect(events.at(-1)?.type).toBe("response.completed");
  });

  test("whose upstream is reset ends in an error and response.failed", async () => {
    api.upstream.enqueue({ headers: sseHeaders, body: [chunk({ content: "Hi" })], ending: "reset" });
    const events = readEvents(await (await ask({ stream: true })).text());
    expect(events.slice(-2)).toMatchObject([
      { type: "error", code: "upstream_stream_broken", error: { code: "upstream_stream_broken", param: "" } },
      {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_error" }, output: [{ status: "incomplete" }] },
      },
    ]);
  });

  test("whose upstream falls silent ends in an error after UPSTREAM_TIMEOUT_MS, and cancels it", async () => {
    api.upstream.enqueue({ headers: sseHeaders, body: [chunk({ content: "Hi" })], ending: "hang" });
    const events = readEvents(await (await ask({ stream: true }, "impatient")).text());
    expect(events.slice(-2)).toMatchObject([{ type: "error", code: "upstream_timeout" }, { type: "response.failed" }]);
    expect((await (await api.upstream.nextCall()).closed).outcome).toBe("aborted");
  });

  test("of one JSON text from upstream has the same events", async () => {
    const message = { role: "assistant", content: "Hi", reasoning_content: "Hm." };
    api.upstream.enqueue({ body: JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }] }) });
    expect(typesOf(await (await ask({ stream: true })).text())).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  test.each([
    ["while upstream speaks", true],
    ["while upstream is silent", false],
  ])("cancels upstream when its client is reset %s", async (_when, speaks) => {
    async function* body() {
      yield chunk({ content: "Hi" });
      if (!speaks) return;
      for (;;) {
        yield chunk({ content: "more" });
        await sleep(5);
      }
    }
    api.upstream.enqueue({ headers: sseHeaders, body: body(), ending: "hang" });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body: JSON.stringify({ input: "Hi", stream: true }) }));
    await client.waitForText("response.output_text.delta");
    const call = await api.upstream.nextCall();
    client.reset();
    expect((await call.closed).outcome).toBe("aborted");
  });

  test("holds upstream back when its client doesn't read", async () => {
    const size = 64 * 1024 * 1024;
    const piece = chunk({ content: "x".repeat(16_384) });
    function* body() {
      for (let sent = 0; sent < size; sent += piece.length) yield piece;
      yield chunk({}, "stop");
    }
    api.upstream.enqueue({ headers: sseHeaders, body: body() });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body: JSON.stringify({ input: "Hi", stream: true }) }));
    await client.waitForText("response.output_text.delta");
    client.pause();
    const call = await api.upstream.nextCall();
    for (let before = -1; before < call.bytesSent; await sleep(200)) before = call.bytesSent;
    expect(call.bytesSent).toBeLessThan(size / 2);
    client.reset();
    await call.closed;
  });
});

describe("a JSON answer", () => {
  test("is what the same chunks end with as a stream", async () => {
    api.upstream.enqueue({ headers: sseHeaders, body: recorded }, { headers: sseHeaders, body: recorded });
    const streamed = readEvents(await (await ask({ stream: true })).text()).at(-1)?.["response"];
    const response = await ask({});
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(plain(await response.json())).toEqual(plain(streamed));
  });

  test.each([
    [
      "is reset",
      { headers: sseHeaders, body: [chunk({ content: "Hi" })], ending: "reset" },
      502,
      "upstream_stream_broken",
    ],
    ["stops in the middle", { headers: sseHeaders, body: chunk({ content: "Hi" }) }, 502, "upstream_stream_broken"],
    ["sends no JSON", { body: "<html>secret</html>" }, 502, "upstream_invalid_response"],
    ["ends for an unknown reason", { headers: sseHeaders, body: chunk({}, "abort") }, 502, "upstream_invalid_response"],
    [
      "sends an error in place of an answer",
      { body: '{"error":{"message":"secret","code":500}}' },
      500,
      "upstream_error",
    ],
    ["sends an error chunk", { headers: sseHeaders, body: 'data: {"internalCode":3040}\n\n' }, 429, "out_of_capacity"],
    ["refuses", { status: 429, body: '{"internalCode":3040}' }, 429, "out_of_capacity"],
  ] as const)("of an upstream that %s is an error with a status", async (_what, script, status, code) => {
    api.upstream.enqueue(script);
    const response = await ask({});
    const body = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(body)).toMatchObject({ error: { code, param: "" } });
    expect(body).not.toContain("secret");
  });

  test("cancels upstream when its client is reset", async () => {
    api.upstream.enqueue({ headers: sseHeaders, body: [chunk({ content: "Hi" })], ending: "hang" });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body: JSON.stringify({ input: "Hi" }) }));
    const call = await api.upstream.nextCall();
    while (call.bytesSent === 0) await sleep(5);
    client.reset();
    expect((await call.closed).outcome).toBe("aborted");
  });

  test("of a refused stream is the error itself, with its status", async () => {
    api.upstream.enqueue({ status: 400, body: '{"internalCode":5006,"description":"bad"}' });
    const response = await ask({ stream: true });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_schema_mismatch" } });
  });
});

describe("another text model", () => {
  const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };

  test("answers in its older shape, as a stream and as JSON", async () => {
    const body = [{ response: "Hel" }, { response: "lo" }, { response: "", usage }, "[DONE]"]
      .map((data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`)
      .join("");
    api.upstream.enqueue(
      { headers: sseHeaders, body },
      { body: JSON.stringify({ response: "Hello", tool_calls: [], usage }) },
    );
    const { final } = await readWithOpenAI(await (await ask({ model: llama, stream: true })).text());
    const json = await (await ask({ model: llama })).json();
    for (const response of [final, json]) {
      expect(response).toMatchObject({
        model: llama,
        status: "completed",
        output: [{ type: "message", content: [{ type: "output_text", text: "Hello" }] }],
        usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
      });
    }
    expect(api.upstream.calls.map(({ model }) => model)).toEqual([llama, llama]);
  });

  test("calls tools in its older shape", async () => {
    const tool_calls = [{ name: "get_weather", arguments: { city: "Paris" } }];
    api.upstream.enqueue({ body: JSON.stringify({ response: null, tool_calls, usage }) });
    const tools = [{ type: "function", name: "get_weather", parameters: { type: "object" } }];
    expect(await (await ask({ model: llama, tools })).json()).toMatchObject({
      status: "completed",
      output: [{ type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}' }],
    });
  });
});
