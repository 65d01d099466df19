import { createExecutionContext } from "cloudflare:test";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { describe, expect, test } from "vitest";
import { LocalAi, type LocalEnv } from "../../dev/local-ai.ts";
import chatRequest from "../fixtures/upstream/chat-tool-call.request.json";
import chatRecording from "../fixtures/upstream/chat-tool-call.sse?raw";
import responsesRecording from "../fixtures/upstream/vllm-responses.abridged.sse?raw";
import responsesJson from "../fixtures/upstream/vllm-responses.json";
import { readWithOpenAI } from "../support/read-with-openai.ts";

/** Parsed JSON, whose fields the tests assert one by one. */
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

const model = "@cf/openai/gpt-oss-20b";
const weather = {
  type: "function",
  name: "get_weather",
  description: "Forecast for a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
const clock = { type: "function", name: "get_time", parameters: { type: "object", properties: {} } };

function run(inputs: object, { env = {}, signal }: { env?: LocalEnv; signal?: AbortSignal } = {}): Promise<Response> {
  return new LocalAi(createExecutionContext(), env).run(model, inputs, signal === undefined ? {} : { signal });
}

async function runJson(inputs: object): Promise<Json> {
  return (await run(inputs)).json();
}

function parseStream(text: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void messages.push(message) });
  parser.feed(text);
  return messages;
}

async function runStream(inputs: object, env: LocalEnv = {}): Promise<Json[]> {
  const messages = parseStream(await (await run({ ...inputs, stream: true }, { env })).text());
  return messages.map(({ data }) => (data === "[DONE]" ? data : JSON.parse(data)));
}

/** Names of fields, in order, at every depth. A list counts as its first element; null and absent values have no depth. */
function shapeOf(value: Json): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : [];
  if (typeof value !== "object" || value === null) return null;
  return Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]);
}

function distinctShapes(list: Json[]): string[] {
  return [...new Set(list.map((value) => JSON.stringify(shapeOf(value))))];
}

describe("the Responses branch", () => {
  test("answers JSON with the recorded fields", async () => {
    const { output, usage, ...rest } = await runJson({ input: "Reply with one word: HELLO" });
    const recorded: Json = responsesJson;
    expect(Object.keys({ output, usage, ...rest }).toSorted()).toEqual(Object.keys(recorded).toSorted());
    expect(output.map((item: object) => Object.keys(item).toSorted())).toEqual(
      recorded.output.map((item: object) => Object.keys(item).toSorted()),
    );
    expect(output[0]).toMatchObject({ type: "reasoning", status: null, summary: [], encrypted_content: null });
    expect(output[1]).toMatchObject({ type: "message", role: "assistant", status: "completed", phase: null });
    expect(output[1].content[0]).toMatchObject({ type: "output_text", annotations: [], logprobs: null });
    expect(Object.keys(usage).toSorted()).toEqual(Object.keys(recorded.usage).toSorted());
  });

  test("streams the recorded events with the recorded fields in their order when LOCAL_RESPONSES_STREAM is vllm", async () => {
    const events = await runStream({ input: "Reply with one word: HELLO" }, { LOCAL_RESPONSES_STREAM: "vllm" });
    const ours = new Map(events.map((event) => [event.type, shapeOf(event)]));
    for (const { data } of parseStream(responsesRecording)) {
      const event = JSON.parse(data);
      // The items of both kinds end in this event; the last of each stream is a message.
      expect([event.type, ours.get(event.type)]).toEqual([event.type, expect.anything()]);
      if (event.type !== "response.output_item.added" && event.type !== "response.output_item.done") {
        expect([event.type, ours.get(event.type)]).toEqual([event.type, shapeOf(event)]);
      }
    }
  });

  test("streams events in order, numbered from 0, whose deltas add up to the final object", async () => {
    const events = await runStream({ input: "hello 🐎 žluťoučký" });
    const types = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.reasoning_text.delta",
      "response.reasoning_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const text = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : [])).join("");
    expect(text).toContain("hello 🐎 žluťoučký");
    expect(events.at(-1).response.output[1].content[0].text).toBe(text);
  });

  test("streams a function call", async () => {
    const events = await runStream({ input: "What's the weather in Paris?", tools: [weather] });
    const call = events.filter((event) => event.output_index === 1);
    expect(call[0].item).toMatchObject({
      type: "function_call",
      name: "get_weather",
      arguments: "",
      status: "in_progress",
    });
    expect(call.at(-2)).toMatchObject({ type: "response.function_call_arguments.done", arguments: '{"city":"Paris"}' });
    expect(call.at(-1).item).toEqual(events.at(-1).response.output[1]);
  });

  test("streams what openai-node accumulates to the final object", async () => {
    for (const inputs of [{ input: "hi" }, { input: "What's the weather in Paris?", tools: [weather] }]) {
      const body = await (await run({ ...inputs, stream: true })).text();
      const { final } = await readWithOpenAI(body);
      expect(final).toEqual(JSON.parse(parseStream(body).at(-1)?.data ?? "").response);
    }
  });

  test("answers a streamed request with JSON when LOCAL_RESPONSES_STREAM is json", async () => {
    const response = await run({ input: "hi", stream: true }, { env: { LOCAL_RESPONSES_STREAM: "json" } });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toHaveProperty("status", "completed");
  });
});

describe("the chat branch", () => {
  test("streams a tool call in the recorded chunks", async () => {
    const chunks = await runStream(chatRequest);
    const recorded = parseStream(chatRecording).map(({ data }) => (data === "[DONE]" ? data : JSON.parse(data)));
    expect(distinctShapes(chunks)).toEqual(distinctShapes(recorded));
    expect(chunks.at(-4).choices[0]).toMatchObject({ finish_reason: null, stop_reason: 200012 });
    expect(chunks.slice(-3, -1).map((chunk) => chunk.choices[0].finish_reason)).toEqual(["tool_calls", "tool_calls"]);
    const pieces = chunks.flatMap((chunk) => chunk.choices?.[0].delta.tool_calls ?? []);
    expect(pieces[0]).toMatchObject({ index: 0, type: "function", function: { name: "get_weather", arguments: "" } });
    expect(pieces.map((piece) => piece.function.arguments).join("")).toBe('{"city":"Paris"}');
  });

  test("answers JSON with reasoning, text and usage", async () => {
    const answer = await runJson({ messages: [{ role: "user", content: "hello" }] });
    expect(answer).toMatchObject({ object: "chat.completion", model });
    expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", stop_reason: 200002 });
    expect(answer.choices[0].message.reasoning_content).toContain("hello");
    expect(answer.choices[0].message.content).toContain("“hello”");
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  test("cuts an answer at 256 tokens when the request sets no limit", async () => {
    const wide = { type: "array", items: { type: "string", minLength: 20 }, minItems: 100 };
    const answer = await runJson({
      messages: [{ role: "user", content: "hello" }],
      response_format: { type: "json_schema", json_schema: { name: "wide", schema: wide } },
    });
    expect(answer.choices[0].finish_reason).toBe("length");
    expect(answer.usage.completion_tokens).toBe(256);
  });
});

describe("both branches", () => {
  test("say the same to the same request", async () => {
    const [first, second] = await Promise.all([runJson({ input: "again" }), runJson({ input: "again" })]);
    expect(first.output[1].content).toEqual(second.output[1].content);
    expect(first.usage).toEqual(second.usage);
    expect(first.id).not.toBe(second.id);
  });

  test("count reasoning inside output, more of it for more effort", async () => {
    const usages = await Promise.all(
      ["low", "medium", "high"].map(async (effort) => (await runJson({ input: "x", reasoning: { effort } })).usage),
    );
    const reasoning = usages.map((usage) => usage.output_tokens_details.reasoning_tokens);
    expect(reasoning).toEqual(reasoning.toSorted((left, right) => left - right));
    expect(new Set(reasoning).size).toBe(3);
    for (const usage of usages) {
      expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
      expect(usage.output_tokens).toBeGreaterThan(usage.output_tokens_details.reasoning_tokens);
    }
  });

  test.each([
    [10, ["reasoning"]],
    [40, ["reasoning", "message"]],
  ])("cut an answer at %i tokens", async (limit, kinds) => {
    const answer = await runJson({ input: "hello", max_output_tokens: limit });
    expect(answer).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect(answer.usage.output_tokens).toBe(limit);
    expect(answer.output.map((item: Json) => item.type)).toEqual(kinds);
  });

  test.each([
    ["a name in the text", "use get_time now", "auto", ["get_time"]],
    ["the words of a name", "the Weather in Paris?", undefined, ["get_weather"]],
    ["two words of a description", "a forecast of my city?", "auto", ["get_weather"]],
    ["nothing", "hello", "auto", []],
    ["none allowed", "use get_time", "none", []],
    ["one required", "hello", "required", ["get_weather"]],
    ["one named", "hello", { type: "function", name: "get_time" }, ["get_time"]],
    [
      "allowed tools",
      "hello",
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "get_time" }] },
      ["get_time"],
    ],
    ["two", "get_weather and get_time please", "auto", ["get_weather", "get_time"]],
  ])("call the tools asked for by %s", async (_, input, tool_choice, names) => {
    const answer = await runJson({ input, tools: [weather, clock], tool_choice });
    const calls = answer.output.filter((item: Json) => item.type === "function_call");
    expect(calls.map((call: Json) => call.name)).toEqual(names);
  });

  test("call one tool at a time when parallel calls are off", async () => {
    const answer = await runJson({
      input: "get_weather and get_time",
      tools: [weather, clock],
      parallel_tool_calls: false,
    });
    expect(answer.output.filter((item: Json) => item.type === "function_call")).toHaveLength(1);
  });

  test("quote what a tool answered instead of calling it again", async () => {
    const answer = await runJson({
      input: [
        { role: "user", content: "weather?" },
        { type: "function_call", call_id: "c", name: "get_weather", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "21 degrees" }] },
      ],
      tools: [weather],
      tool_choice: "required",
    });
    expect(answer.output[1].content[0].text).toContain("The tool answered: “21 degrees”.");
    const chat = await runJson({
      messages: [
        { role: "user", content: "weather?" },
        { role: "assistant", tool_calls: [] },
        { role: "tool", tool_call_id: "c", content: "rain" },
      ],
      tools: [{ type: "function", function: weather }],
    });
    expect(chat.choices[0].message).toMatchObject({ tool_calls: [], content: expect.stringContaining("“rain”") });
  });

  test("write JSON where the request asks for it", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, pop: { type: "integer" } },
      required: ["city", "pop"],
    };
    const format = { type: "json_schema", name: "city", schema };
    const answer = await runJson({ input: "The city of Paris?", text: { format } });
    expect(JSON.parse(answer.output[1].content[0].text)).toEqual({ city: "Paris", pop: 1 });
    const loose = await runJson({
      messages: [{ role: "user", content: "hi" }],
      response_format: { type: "json_object" },
    });
    expect(JSON.parse(loose.choices[0].message.content)).toEqual({
      stand_in_for: model,
      you_said: "hi",
      tool_outputs: [],
    });
  });
});

describe("tricks", () => {
  test.each([
    [3036, 429],
    [3040, 429],
    [3043, 504],
    [5007, 400],
    [3006, 413],
    [9999, 500],
  ])("[error %i] answers with status %i in both dialects", async (code, status) => {
    const binding = await run({ input: `please [error ${code}]`, stream: true });
    expect(binding.status).toBe(status);
    const body: Json = await binding.json();
    expect(Object.keys(body)).toEqual(["internalCode", "message", "name", "description"]);
    expect(body.internalCode).toBe(code);
    const rest = await run({ messages: [{ role: "user", content: `[error ${code} rest]` }] });
    expect(rest.status).toBe(status);
    expect(await rest.json()).toEqual({
      errors: [{ message: body.message, code }],
      success: false,
      result: {},
      messages: [],
    });
  });

  test("[error html] answers with a page", async () => {
    const response = await run({ input: "[error html]" });
    expect([response.status, response.headers.get("content-type")]).toEqual([502, "text/html; charset=UTF-8"]);
    expect(await response.text()).toContain("<h1>502 Bad Gateway</h1>");
  });

  test.each([true, false])("[error midstream] breaks the body half-way, stream %s", async (stream) => {
    const response = await run({ input: "[error midstream]", stream });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("[error midstream]");
  });

  test("[hang] never answers until the signal aborts", async () => {
    const leave = new AbortController();
    const call = run({ input: "[hang]" }, { signal: leave.signal });
    const first = await Promise.race([call.catch(() => "aborted"), scheduler.wait(100).then(() => "pending")]);
    expect(first).toBe("pending");
    leave.abort();
    await expect(call).rejects.toThrow("abort");
  });
});

describe("pace", () => {
  test("streams token by token and stops when the reader leaves", async () => {
    const response = await run({ input: "hello", stream: true });
    const reader = response.body?.getReader();
    const start = Date.now();
    for (let count = 0; count < 14; count += 1) await reader?.read();
    expect(Date.now() - start).toBeGreaterThanOrEqual(120);
    await reader?.cancel();
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });

  test("breaks the stream when the signal aborts", async () => {
    const leave = new AbortController();
    const response = await run(
      { messages: [{ role: "user", content: "hello" }], stream: true },
      { signal: leave.signal },
    );
    const reader = response.body?.getReader();
    await reader?.read();
    leave.abort();
    await expect(reader?.read()).rejects.toThrow("abort");
  });
});

describe("what the model doesn't know", () => {
  test.each([
    ["inputs of neither branch", model, { prompt: "hi" }, 5006],
    ["inputs that are no object", model, [], 5006],
    ["a model of another kind", "gpt-4o", { input: "hi" }, 5007],
  ])("refuses %s as upstream does", async (_, name, inputs, code) => {
    const response = await new LocalAi(createExecutionContext(), {}).run(name, inputs);
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty("internalCode", code);
  });

  test("names the address of a LOCAL_UPSTREAM it can't reach", async () => {
    const response = await run({ input: "hi" }, { env: { LOCAL_UPSTREAM: "http://127.0.0.1:9/v1" } });
    expect(response.status).toBe(502);
    expect(await response.json()).toHaveProperty(
      "description",
      "LOCAL_UPSTREAM can't be reached at http://127.0.0.1:9/v1/responses. Is the server running?",
    );
  });
});

describe("what comes with a message", () => {
  test("is quoted beside it, whatever it is", async () => {
    const content = [
      'File "a.pdf" (application/pdf). Its content, converted to Markdown, stands between the marks.\n<<<0123456789ab\nTides.\n0123456789ab>>>',
      'File "b.txt" (text/plain). Its content stands between the marks.\n<<<ba9876543210\nMoon.\nba9876543210>>>',
      "What do they say?",
    ].join("\n");
    const answer = await runJson({ messages: [{ role: "user", content }], max_tokens: 1_000 });
    expect(answer.choices[0].message.content).toContain(
      'You said: “What do they say?”. With it came: File "a.pdf" (application/pdf): “Tides.”. With it came: File "b.txt" (text/plain): “Moon.”. I count',
    );
  });

  test("is described where it is an image", async () => {
    const url =
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const content = [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url } },
    ];
    const answer = await runJson({ messages: [{ role: "user", content }], max_tokens: 1_000 });
    expect(answer.choices[0].message.content).toContain(
      "With it came: Image: “The local stand-in does not look at images. This one is image/png, of 1 × 1 pixels, 70 bytes.”.",
    );
  });
});

describe("the conversion of files", () => {
  const ai = new LocalAi(createExecutionContext(), {});
  const convert = async (contentType: string, text: string) =>
    ai.convert({ name: "file", contentType, bytes: new TextEncoder().encode(text) });
  const pdf = [
    "%PDF-1.4",
    "1 0 obj",
    "<< /Type /Catalog /Pages 2 0 R >>",
    "endobj",
    "2 0 obj",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "endobj",
    "3 0 obj",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    "endobj",
    "4 0 obj",
    "<< /Length 61 >>",
    "stream",
    "BT /F1 24 Tf 72 720 Td (The lighthouse is 41 metres.) Tj ET  ",
    "endstream",
    "endobj",
    "5 0 obj",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "endobj",
    "trailer",
    "<< /Size 6 /Root 1 0 R >>",
    "%%EOF",
    "",
  ].join("\n");

  test.each([
    ["text/html", "<h1>Tides</h1><p>High &amp; low</p>", "# Tides\n\nHigh & low"],
    ["text/csv", "a,b\n1,2", "a,b\n1,2"],
    ["application/pdf", pdf, "# file.pdf\n\n## Contents\n\n### Page 1\n\nThe lighthouse is 41 metres."],
    [
      "application/vnd.oasis.opendocument.text",
      "PK",
      "[The local stand-in does not convert application/vnd.oasis.opendocument.text: here Workers AI's text of the 2 bytes would stand.]",
    ],
    ["image/png", "?", "The local stand-in does not look at images. This one is image/png, of unknown size, 1 bytes."],
  ])("of %s", async (contentType, text, data) => {
    expect(await convert(contentType, text)).toMatchObject({ format: "markdown", mimeType: contentType, data });
  });

  test("of a damaged PDF fails as Workers AI's does", async () => {
    expect(await convert("application/pdf", "%PDF-")).toEqual({
      id: "file",
      name: "file",
      mimeType: "application/pdf",
      format: "error",
      error: "The stand-in could not read it.",
    });
  });
});
