import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type Api, startApi, testKey } from "../support/start-api.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

const model = "gpt-oss-20b";
const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  description: "Looks up the weather",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};

/** Events without an end. */
async function* write(): AsyncGenerator<string> {
  for (let count = 0; ; count += 1) {
    yield `event: response.created\ndata: {"type":"response.created","sequence_number":${count},"response":{}}\n\n`;
    await sleep(20);
  }
}

/** What the client threw. */
async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("the openai client against npm run dev", () => {
  let dev: DevServer;
  let client: OpenAI;

  beforeAll(async () => {
    dev = await startDev();
    client = new OpenAI({ baseURL: `${dev.url}/v1`, apiKey: "any key will do", maxRetries: 0 });
  });
  afterAll(() => dev?.stop());

  test.concurrent("creates a response", async () => {
    const { data, response, request_id } = await client.responses
      .create({ model, input: "Say hi", instructions: "Be brief.", metadata: { a: "b" } })
      .withResponse();
    expect(data).toMatchObject({ object: "response", status: "completed", incomplete_details: null });
    expect(data.output_text).toContain("local stand-in for @cf/openai/gpt-oss-20b");
    expect(data.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(data.usage?.total_tokens).toBe((data.usage?.input_tokens ?? 0) + (data.usage?.output_tokens ?? 0));
    expect(request_id).toMatch(/^[\da-f-]{36}$/);
    expect(response.headers.get("cf-ai-req-id")).toMatch(/./);
  });

  test.concurrent("streams with responses.stream() and accumulates the response that completed", async () => {
    const deltas: string[] = [];
    const types: string[] = [];
    const stream = client.responses
      .stream({ model, input: "Say hi" })
      .on("response.output_text.delta", ({ delta }) => deltas.push(delta))
      .on("event", ({ type }) => types.push(type));
    const final = await stream.finalResponse();
    expect(deltas.length).toBeGreaterThan(10);
    expect(deltas.join("")).toBe(final.output_text);
    expect(final.output_text).toContain("local stand-in");
    expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(types.at(-1)).toBe("response.completed");
  });

  test.concurrent("streams with for await, numbered from 0, deltas adding up to the final text", async () => {
    let text = "";
    let next = 0;
    let last: OpenAI.Responses.ResponseStreamEvent | undefined;
    for await (const event of await client.responses.create({ model, input: "Count to three", stream: true })) {
      expect(event.sequence_number).toBe(next);
      next += 1;
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    if (last?.type !== "response.completed") throw new Error(`the stream ended with ${last?.type}`);
    const message = last.response.output.find((item) => item.type === "message");
    expect(message?.content).toMatchObject([{ type: "output_text", text }]);
  });

  test.concurrent("runs a tool's round trip", async () => {
    const question = "What is the weather in Paris?";
    const stream = client.responses.stream({ model, input: question, tools: [weather] });
    const first = await stream.finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    if (call?.type !== "function_call") throw new Error("the model called no tool");
    expect(call.name).toBe("get_weather");
    expect(JSON.parse(call.arguments)).toEqual({ city: "Paris" });
    const second = await client.responses.create({
      model,
      tools: [weather],
      input: [
        { role: "user", content: question },
        { type: "function_call", call_id: call.call_id, name: call.name, arguments: call.arguments },
        { type: "function_call_output", call_id: call.call_id, output: "17 degrees" },
      ],
    });
    expect(second.output_text).toContain("17 degrees");
  });

  test.concurrent("reads an invalid request as a BadRequestError that names the field", async () => {
    // @ts-expect-error: no effort of OpenAI's
    const error = await thrownBy(client.responses.create({ model, input: "x", reasoning: { effort: "huge" } }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      message: "400 The field `reasoning.effort` must be one of: low, medium, high.",
      type: "invalid_request_error",
      param: "reasoning.effort",
      code: "invalid_value",
      requestID: expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  test.concurrent("reads an unknown model as a NotFoundError, also where a stream was asked for", async () => {
    for (const stream of [false, true]) {
      const error = await thrownBy(client.responses.create({ model: "gpt-4o", input: "x", stream }));
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ status: 404, param: "model", code: "model_not_found" });
    }
  });

  test.concurrent("lists and retrieves models", async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(["@cf/openai/gpt-oss-20b", "gpt-oss-20b"]);
    expect(await client.models.retrieve("@cf/openai/gpt-oss-20b")).toMatchObject({ id: "@cf/openai/gpt-oss-20b" });
  });

  test.concurrent("leaves a stream half-way without harm", async () => {
    const stream = await client.responses.create({ model, input: "[slow] Say something long", stream: true });
    const types: string[] = [];
    for await (const { type } of stream) {
      types.push(type);
      if (type === "response.output_item.added") stream.controller.abort();
    }
    expect(types).toEqual(["response.created", "response.in_progress", "response.output_item.added"]);
    expect((await client.responses.create({ model, input: "still there?" })).status).toBe("completed");
  });

  test.concurrent("tries again after a 429", async () => {
    const attempts: { status: number; retryAfter: string | null; retryCount: string | null }[] = [];
    const retrying = new OpenAI({
      baseURL: `${dev.url}/v1`,
      apiKey: "any key will do",
      maxRetries: 1,
      async fetch(url, init) {
        const request = new Request(url, init);
        // The local model fails whenever it is told to: the second attempt has to say something else.
        const body = await request.text();
        const response = await fetch(
          new Request(request.url, { ...init, body: attempts.length === 0 ? body : body.replace("[error 3040]", "") }),
        );
        attempts.push({
          status: response.status,
          retryAfter: response.headers.get("retry-after"),
          retryCount: request.headers.get("x-stainless-retry-count"),
        });
        return response;
      },
    });
    const response = await retrying.responses.create({ model, input: "[error 3040] Say hi" });
    expect(response.status).toBe("completed");
    expect(attempts).toEqual([
      { status: 429, retryAfter: "5", retryCount: "0" },
      { status: 200, retryAfter: null, retryCount: "1" },
    ]);
  });

  test.concurrent("reads a 429 that stays as a RateLimitError", async () => {
    const error = await thrownBy(client.responses.create({ model, input: "[error 3040]" }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      message: "429 Workers AI has no capacity left for now. Try again soon.",
      type: "rate_limit_error",
      param: "",
      code: "out_of_capacity",
    });
  });

  test.concurrent("reads a stream that breaks as an error, never as an end", async () => {
    const stream = await client.responses.create({ model, input: "[error midstream]", stream: true });
    let completed = false;
    async function drain(): Promise<void> {
      for await (const { type } of stream) completed ||= type === "response.completed";
    }
    expect(await thrownBy(drain())).toBeInstanceOf(TypeError);
    expect(completed).toBe(false);
  });
});

describe("the openai client against the Worker as deployed", () => {
  let api: Api;
  let client: OpenAI;

  beforeAll(async () => {
    api = await startApi(inject("bundlePath"));
    client = new OpenAI({ baseURL: `${api.workerd.url()}/v1`, apiKey: testKey, maxRetries: 0 });
  });
  beforeEach(() => api.upstream.clear());
  afterAll(() => api?.stop());

  test("reads a wrong key as an AuthenticationError", async () => {
    const stranger = new OpenAI({ baseURL: `${api.workerd.url()}/v1`, apiKey: "wrong-key-0123456789", maxRetries: 0 });
    const error = await thrownBy(stranger.responses.create({ model, input: "x" }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: "authentication_error", param: "", code: "invalid_api_key" });
    expect(api.upstream.calls).toEqual([]);
  });

  test("cancels upstream's call when it aborts a stream", async () => {
    api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: write() });
    const stream = await client.responses.create({ model, input: "x", stream: true });
    for await (const event of stream) {
      expect(event.type).toBe("response.created");
      stream.controller.abort();
    }
    expect(await (await api.upstream.nextCall()).closed).toMatchObject({ outcome: "aborted" });
  });

  test.each([429, 500, 503])("retries upstream's %i", async (status) => {
    api.upstream.enqueue(
      { status, headers: { "content-type": "application/json", "retry-after": "1" }, body: "{}" },
      { body: '{"id":"resp_1","object":"response","output":[]}' },
    );
    const response = await client.responses.create({ model, input: "x" }, { maxRetries: 1 });
    expect(response.id).toBe("resp_1");
    expect(api.upstream.calls).toHaveLength(2);
  });

  test("does not retry what can't succeed", async () => {
    api.upstream.setScript({ status: 400, body: '{"internalCode":5006}' });
    const error = await thrownBy(client.responses.create({ model, input: "x" }, { maxRetries: 2 }));
    expect(error).toMatchObject({ status: 400, code: "upstream_schema_mismatch" });
    expect(api.upstream.calls).toHaveLength(1);
  });
});
