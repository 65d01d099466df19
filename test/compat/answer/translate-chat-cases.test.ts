import { describe, expect, it } from "vitest";
import { readEvents, type WireEvent } from "../../support/read-events.ts";
import {
  type AnsweredRequest,
  answeredRequest,
  delta,
  lastResponse,
  jsonAnswer,
  modelAnswer,
  nameIds,
  sse,
  streamText,
} from "./chat-answer.ts";

/** The events a client gets for these chunks, up to `[DONE]`. */
async function translate(chunks: unknown[], request?: AnsweredRequest): Promise<WireEvent[]> {
  return nameIds(readEvents(await streamText(modelAnswer([...chunks, "[DONE]"].map(sse)), request)));
}

/** The Response at the end of them. */
async function answer(chunks: unknown[], request?: AnsweredRequest) {
  return lastResponse(await translate(chunks, request));
}

function call(fields: { index?: number; id?: string; name?: string; arguments?: unknown }) {
  const { index = 0, id, name, arguments: given } = fields;
  return delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: given } }] });
}

const message = (text: string) => ({
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
});

const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = { kind: "function", name: "get_weather", parameters: city } as const;

describe("how an answer ends", () => {
  it.each([
    ["stop", "response.completed", null],
    ["function_call", "response.completed", null],
    ["length", "response.incomplete", { reason: "max_output_tokens" }],
    ["model_length", "response.incomplete", { reason: "max_output_tokens" }],
    ["content_filter", "response.incomplete", { reason: "content_filter" }],
  ])("maps the finish reason %s to %s", async (reason, type, details) => {
    const last = await answer([delta({ content: "Hi" }), delta({}, reason)]);
    expect(last).toMatchObject({ type, status: type.slice("response.".length), incomplete_details: details });
    expect(last["completed_at"]).toBe(type === "response.completed" ? 1 : null);
  });

  it.each(["abort", "error", "eos"])("fails for the finish reason %s, which nobody knows", async (reason) => {
    const events = await translate([delta({ content: "Hi" }), delta({}, reason)]);
    expect(events.at(-2)).toMatchObject({
      type: "error",
      error: { type: "server_error", code: "upstream_invalid_response", param: "" },
      code: "upstream_invalid_response",
      message: "The model's answer is not valid: it ended for an unknown reason. Try again.",
    });
    expect(lastResponse(events)).toMatchObject({
      type: "response.failed",
      status: "failed",
      error: { code: "server_error" },
      output: [{ type: "message", status: "incomplete" }],
    });
  });

  it("fails where no finish reason came, also with a stop_reason and [DONE]", async () => {
    const silent = { choices: [{ index: 0, delta: {}, finish_reason: null, stop_reason: 200_002 }] };
    const events = await translate([delta({ content: "Hi" }), silent]);
    expect(events.at(-2)).toMatchObject({ type: "error", code: "upstream_stream_broken" });
    expect(events.at(-1)?.type).toBe("response.failed");
  });

  it("fails where a call of the old kind is announced, which is not read", async () => {
    const oldCall = delta({ function_call: { name: "get_weather", arguments: "{}" } });
    expect(await answer([oldCall, delta({}, "function_call")])).toMatchObject({ status: "failed", output: [] });
  });

  it("fails where a tool call is announced and none comes", async () => {
    const last = await answer([delta({ reasoning_content: "I will call it." }), delta({}, "tool_calls")]);
    expect(last).toMatchObject({ type: "response.failed", status: "failed" });
  });

  it("says an empty answer as an empty message", async () => {
    expect(await answer([delta({}, "stop")])).toMatchObject({ status: "completed", output: [message("")] });
    const reasoned = await answer([delta({ reasoning_content: "Hm." }), delta({}, "stop")]);
    expect(reasoned["output"]).toMatchObject([{ type: "reasoning" }, message("")]);
  });

  it("adds no message to reasoning that was cut off", async () => {
    const last = await answer([delta({ reasoning_content: "Hm" }), delta({}, "length")]);
    expect(last).toMatchObject({ status: "incomplete", output: [{ type: "reasoning", status: "incomplete" }] });
    expect(last["output"]).toHaveLength(1);
  });

  it("ignores what comes after [DONE]", async () => {
    const text = [delta({ content: "Hi" }), delta({}, "stop"), "[DONE]", "garbage", { error: {} }].map(sse);
    const last = lastResponse(readEvents(await streamText(modelAnswer(text))));
    expect(last).toMatchObject({ type: "response.completed" });
  });

  it.each([
    ["an error of the model's server", { error: { message: "secret", code: 500 } }, "upstream_error", "server_error"],
    ["its code as text", { error: { message: "secret", code: "429" } }, "upstream_rate_limited", "rate_limit_exceeded"],
    ["one of the binding", { internalCode: 3040, description: "secret" }, "out_of_capacity", "rate_limit_exceeded"],
    ["one of Cloudflare's API", { errors: [{ code: 3007 }], success: false }, "upstream_timeout", "server_error"],
    [
      "a context that is too full",
      { error: { message: "This model's maximum context length is 128000 tokens, secret", code: 400 } },
      "context_length_exceeded",
      "context_length_exceeded",
    ],
    ["one of vLLM", { object: "error", code: 400, message: "secret" }, "upstream_rejected", "invalid_prompt"],
  ])("ends with an error chunk: %s", async (_what, chunk, code, failure) => {
    const events = await translate([delta({ content: "Hi" }), chunk]);
    expect(events.at(-2)).toMatchObject({ type: "error", code, error: { code } });
    expect(lastResponse(events)).toMatchObject({ type: "response.failed", error: { code: failure } });
    expect(JSON.stringify(events)).not.toContain("secret");
  });
});

describe("reasoning", () => {
  const chunks = [
    delta({ reasoning: "Two " }),
    delta({ reasoning_content: "words" }),
    delta({ content: "Hi" }),
    delta({}, "stop"),
  ];

  it("travels whole in its item, with no event of its own", async () => {
    const events = await translate(chunks);
    expect(events.map(({ type }) => type).slice(2, 5)).toEqual([
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
    ]);
    expect(events[3]?.["item"]).toEqual({
      id: "rs_1",
      type: "reasoning",
      status: "completed",
      summary: [],
      content: [{ type: "reasoning_text", text: "Two words" }],
    });
  });

  it("is streamed as a summary where one was asked for", async () => {
    const events = await translate(chunks, answeredRequest({ reasoningStream: "summary" }));
    expect(events.map(({ type }) => type).slice(2, 9)).toEqual([
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
    ]);
    expect(events[8]?.["item"]).toMatchObject({
      summary: [{ type: "summary_text", text: "Two words" }],
      content: [{ type: "reasoning_text", text: "Two words" }],
    });
  });

  it("is streamed as the raw text where that is set", async () => {
    const events = await translate(chunks, answeredRequest({ reasoningStream: "text" }));
    expect(events.slice(3, 8)).toEqual([
      {
        type: "response.content_part.added",
        item_id: "rs_1",
        output_index: 0,
        content_index: 0,
        part: { type: "reasoning_text", text: "" },
        sequence_number: 3,
      },
      ...["Two ", "words"].map((piece, index) => ({
        type: "response.reasoning_text.delta",
        item_id: "rs_1",
        output_index: 0,
        content_index: 0,
        delta: piece,
        sequence_number: 4 + index,
      })),
      {
        type: "response.reasoning_text.done",
        item_id: "rs_1",
        output_index: 0,
        content_index: 0,
        text: "Two words",
        sequence_number: 6,
      },
      {
        type: "response.content_part.done",
        item_id: "rs_1",
        output_index: 0,
        content_index: 0,
        part: { type: "reasoning_text", text: "Two words" },
        sequence_number: 7,
      },
    ]);
    expect(events[8]?.["item"]).toMatchObject({
      summary: [],
      content: [{ type: "reasoning_text", text: "Two words" }],
    });
  });

  it("is sealed in the item's last event and in the Response", async () => {
    const events = await translate(chunks, answeredRequest({ seal: (text) => Promise.resolve(`sealed:${text}`) }));
    const encrypted_content = "sealed:Two words";
    expect(events[2]?.["item"]).not.toHaveProperty("encrypted_content");
    expect(events[3]?.["item"]).toMatchObject({ type: "reasoning", encrypted_content });
    expect(lastResponse(events)["output"]).toMatchObject([{ encrypted_content }, message("Hi")]);
  });

  it("fails the answer when it can't be sealed", async () => {
    const events = await translate(chunks, answeredRequest({ seal: () => Promise.reject(new Error("secret")) }));
    expect(events.at(-2)).toMatchObject({ type: "error", code: "internal_error" });
    expect(JSON.stringify(events)).not.toContain("secret");
  });
});

describe("text", () => {
  it("comes back with its logprobs", async () => {
    const token = { token: "Hi", logprob: -0.5, bytes: [72, 105] };
    const chunk = {
      choices: [
        { delta: { content: "Hi" }, logprobs: { content: [{ ...token, top_logprobs: [{ ...token, bytes: null }] }] } },
      ],
    };
    const logprobs = [{ ...token, top_logprobs: [{ ...token, bytes: [] }] }];
    const events = await translate([chunk, delta({}, "stop")]);
    expect(events[4]).toMatchObject({ type: "response.output_text.delta", delta: "Hi", logprobs });
    expect(lastResponse(events)["output"]).toMatchObject([{ content: [{ text: "Hi", logprobs }] }]);
  });

  it("loses no logprob of a token that is only a part of a character", async () => {
    const pieces = [
      ["A", "A"],
      ["", "half"],
      ["\u{1F600}", "rest"],
    ];
    const chunks = pieces.map(([content, token]) => ({
      choices: [
        {
          delta: { content },
          logprobs: { content: [{ token, logprob: -0.1, bytes: [240], top_logprobs: [] }] },
          finish_reason: null,
        },
      ],
    }));
    const last = await answer([...chunks, delta({}, "stop")]);
    const tokens = ["A", "half", "rest"].map((token) => ({ token }));
    expect(last["output"]).toMatchObject([{ content: [{ text: "A\u{1F600}", logprobs: tokens }] }]);
  });

  it("takes no logprob of its reasoning for its own", async () => {
    const logprobs = { content: [{ token: "x", logprob: -0.1, bytes: [], top_logprobs: [] }] };
    const thought = { choices: [{ delta: { content: "", reasoning_content: "x" }, logprobs, finish_reason: null }] };
    const last = await answer([thought, delta({ content: "Hi" }), delta({}, "stop")]);
    expect(last["output"]).toMatchObject([{ type: "reasoning" }, { content: [{ text: "Hi", logprobs: [] }] }]);
  });

  it("keeps its logprobs when it was held back as a call that it is not", async () => {
    const logprobs = [{ token: "{", logprob: -0.1, bytes: [123], top_logprobs: [] }];
    const chunk = { choices: [{ delta: { content: "{" }, logprobs: { content: logprobs }, finish_reason: null }] };
    const forced = answeredRequest({ tools: { get_weather: weather }, toolChoice: "required", toolCallForced: true });
    const last = await answer([chunk, delta({ content: "no call" }), delta({}, "stop")], forced);
    expect(last["output"]).toMatchObject([{ content: [{ text: "{no call", logprobs }] }]);
  });

  it("and refusal are parts of one message", async () => {
    const last = await answer([delta({ content: "Well, " }), delta({ refusal: "no." }), delta({}, "stop")]);
    expect(last["output"]).toMatchObject([
      {
        type: "message",
        content: [
          { type: "output_text", text: "Well, " },
          { type: "refusal", refusal: "no." },
        ],
      },
    ]);
  });
});

describe("tool calls", () => {
  it("grow side by side, in the order they came", async () => {
    const events = await translate([
      call({ index: 0, id: "a", name: "first", arguments: "" }),
      call({ index: 1, id: "b", name: "second", arguments: "{" }),
      call({ index: 0, arguments: "[1" }),
      call({ index: 1, arguments: "}" }),
      call({ index: 0, arguments: "]" }),
      delta({}, "tool_calls"),
    ]);
    const deltas = events.filter(({ type }) => type === "response.function_call_arguments.delta");
    expect(deltas.map((event) => [event["output_index"], event["delta"]])).toEqual([
      [1, "{"],
      [0, "[1"],
      [1, "}"],
      [0, "]"],
    ]);
    expect(lastResponse(events)["output"]).toMatchObject([
      { type: "function_call", call_id: "a", name: "first", arguments: "[1]", status: "completed" },
      { type: "function_call", call_id: "b", name: "second", arguments: "{}", status: "completed" },
    ]);
  });

  it("end the message before them", async () => {
    const events = await translate([
      delta({ content: "Wait." }),
      call({ id: "a", name: "f" }),
      delta({}, "tool_calls"),
    ]);
    const types = events.map(({ type }) => type);
    expect(types.indexOf("response.output_text.done")).toBeLessThan(types.lastIndexOf("response.output_item.added"));
  });

  it("wait for their name, and keep the arguments that came before it", async () => {
    const last = await answer([
      call({ id: "a", arguments: '{"x"' }),
      call({ name: "f", arguments: ":1}" }),
      delta({}, "tool_calls"),
    ]);
    expect(last["output"]).toMatchObject([{ call_id: "a", name: "f", arguments: '{"x":1}' }]);
  });

  it("without a name are a failure, and are left out where the answer was cut off", async () => {
    const nameless = call({ id: "a", arguments: "{}" });
    expect(await answer([nameless, delta({}, "tool_calls")])).toMatchObject({ type: "response.failed", output: [] });
    expect(await answer([nameless, delta({}, "length")])).toMatchObject({ type: "response.incomplete", output: [] });
  });

  it("that all have the index 0 are told apart by their ids", async () => {
    const last = await answer([
      call({ id: "a", name: "f", arguments: "{}" }),
      call({ id: "b", name: "f", arguments: "[]" }),
      delta({}, "tool_calls"),
    ]);
    expect(last["output"]).toMatchObject([
      { call_id: "a", arguments: "{}" },
      { call_id: "b", arguments: "[]" },
    ]);
  });

  it("never share a call_id, which openai-node refuses", async () => {
    const last = await answer([
      call({ index: 0, id: "a", name: "f" }),
      call({ index: 1, id: "a", name: "g" }),
      call({ index: 2, name: "h" }),
      delta({}, "tool_calls"),
    ]);
    expect(last["output"]).toMatchObject([{ call_id: "a" }, { call_id: "call_3" }, { call_id: "call_5" }]);
  });

  it("have arguments that parse, even where the model wrote none", async () => {
    const events = await translate([call({ id: "a", name: "now" }), delta({}, "tool_calls")]);
    expect(events[3]).toMatchObject({ type: "response.function_call_arguments.delta", delta: "{}" });
    expect(events[4]).toMatchObject({ type: "response.function_call_arguments.done", name: "now", arguments: "{}" });
  });

  it("that are cut off are incomplete, and whole ones are not", async () => {
    const last = await answer([
      call({ index: 0, id: "a", name: "f", arguments: '{"x":1}' }),
      call({ index: 1, id: "b", name: "f", arguments: '{"x"' }),
      call({ index: 2, id: "c", name: "f" }),
      delta({}, "length"),
    ]);
    expect(last["output"]).toMatchObject([
      { status: "completed" },
      { status: "incomplete", arguments: '{"x"' },
      { status: "incomplete", arguments: "" },
    ]);
  });

  it("are not done when the answer fails: a client must not run half of one", async () => {
    const events = await translate([call({ id: "a", name: "f", arguments: '{"path":"/' }), { error: {} }]);
    expect(events.map(({ type }) => type)).not.toContain("response.output_item.done");
    expect(lastResponse(events)["output"]).toMatchObject([{ status: "incomplete", arguments: '{"path":"/' }]);
  });

  it.each([
    ["get_weather", "get_weather", undefined],
    ["world__time", "time", "world"],
    ["functions.get_weather", "get_weather", undefined],
    ["get_weather<|channel|>commentary", "get_weather", undefined],
    ["functions.world__time<|channel|>json", "time", "world"],
    ["browser.search", "browser.search", undefined],
    ["unknown<|channel|>", "unknown", undefined],
  ])("by the name %s call %s", async (modelName, name, namespace) => {
    const tools = {
      get_weather: weather,
      world__time: { kind: "function", name: "time", namespace: "world" },
    } as const;
    const last = await answer(
      [call({ id: "a", name: modelName }), delta({}, "tool_calls")],
      answeredRequest({ tools }),
    );
    const [item] = last["output"] as Record<string, unknown>[];
    expect(item).toMatchObject({ type: "function_call", name });
    expect(item?.["namespace"]).toBe(namespace);
  });

  it("of custom tools give their input as it is written", async () => {
    const request = answeredRequest({ tools: { sh: { kind: "custom", name: "shell", namespace: "os" } } });
    const events = await translate(
      [
        call({ id: "a", name: "sh", arguments: '{"inp' }),
        call({ arguments: 'ut":"ls\\n' }),
        call({ arguments: 'pwd"}' }),
        delta({}, "tool_calls"),
      ],
      request,
    );
    const item = { id: "ctc_1", type: "custom_tool_call", call_id: "a", name: "shell", namespace: "os" };
    expect(events.slice(2, -1).map(({ sequence_number: _number, ...event }) => event)).toEqual([
      { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", input: "" } },
      { type: "response.custom_tool_call_input.delta", item_id: "ctc_1", output_index: 0, delta: "ls\n" },
      { type: "response.custom_tool_call_input.delta", item_id: "ctc_1", output_index: 0, delta: "pwd" },
      { type: "response.custom_tool_call_input.done", item_id: "ctc_1", output_index: 0, input: "ls\npwd" },
      { type: "response.output_item.done", output_index: 0, item: { ...item, status: "completed", input: "ls\npwd" } },
    ]);
    const cut = await answer(
      [call({ id: "a", name: "sh", arguments: '{"input":"rm -rf /' }), delta({}, "length")],
      request,
    );
    expect(cut["output"]).toMatchObject([{ status: "incomplete", input: "rm -rf /" }]);
  });
});

describe("a demanded tool call that comes as text", () => {
  const forced = answeredRequest({
    tools: { get_weather: weather, other: { ...weather, name: "other" } },
    toolChoice: { type: "function", function: { name: "get_weather" } },
    toolCallForced: true,
  });

  it.each([
    ["its arguments", '{"city":"Paris"}'],
    ["its arguments in a fence", '```json\n{"city":"Paris"}\n```'],
    ["the whole call", '{"name":"get_weather","arguments":{"city":"Paris"}}'],
    ["the whole call in a list", '[{"function":{"name":"get_weather","parameters":"{\\"city\\":\\"Paris\\"}"}}]'],
  ])("is found in %s", async (_what, text) => {
    const pieces = text.split("").map((content) => delta({ content }));
    const events = await translate([...pieces, delta({}, "stop")], forced);
    expect(events.map(({ type }) => type)).not.toContain("response.output_text.delta");
    expect(lastResponse(events)).toMatchObject({
      status: "completed",
      output: [{ type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}', status: "completed" }],
    });
    expect(lastResponse(events)["output"]).toHaveLength(1);
  });

  it.each([
    ["prose", "It is sunny."],
    ["JSON that breaks off", '{"city":"Paris"'],
    ["JSON of another shape", '{"town":"Paris"}'],
    ["JSON with more than the tool takes", '{"city":"Paris","unit":"C"}'],
    ["a value of another type", '{"city":7}'],
    ["a call of another tool", '{"name":"other","arguments":{"city":"Paris"}}'],
    ["JSON with words around it", 'Here: {"city":"Paris"}'],
    ["a list with one stranger", '[{"name":"get_weather","arguments":{"city":"Paris"}},{"city":"Paris"}]'],
    ["an empty list", "[]"],
  ])("stays text as %s", async (_what, text) => {
    const last = await answer([...text.split("").map((content) => delta({ content })), delta({}, "stop")], forced);
    expect(last).toMatchObject({ status: "completed", output: [message(text)] });
  });

  it("stays text when two tools would take it", async () => {
    const request = answeredRequest({
      tools: { one: weather, two: weather },
      toolChoice: "required",
      toolCallForced: true,
    });
    const last = await answer([delta({ content: '{"city":"Paris"}' }), delta({}, "stop")], request);
    expect(last["output"]).toMatchObject([message('{"city":"Paris"}')]);
  });

  it("is not looked for where no call was demanded", async () => {
    const last = await answer(
      [delta({ content: '{"city":"Paris"}' }), delta({}, "stop")],
      answeredRequest({ tools: { get_weather: weather } }),
    );
    expect(last["output"]).toMatchObject([message('{"city":"Paris"}')]);
  });

  it("holds prose back no longer than its first character", async () => {
    const events = await translate([delta({ content: "  It" }), delta({ content: " is" }), delta({}, "stop")], forced);
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(deltas.map((event) => event["delta"])).toEqual(["  It", " is"]);
  });
});

describe("usage", () => {
  it("is 0 where upstream counted nothing, and null where the answer failed", async () => {
    const zero = {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    };
    expect((await answer([delta({}, "stop")]))["usage"]).toEqual(zero);
    expect((await answer([{ error: {} }]))["usage"]).toBeNull();
  });

  it("is put together from chunks that each count a part", async () => {
    const last = await answer([
      delta({}, "stop"),
      {
        choices: [],
        usage: { prompt_tokens: 5, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 4 } },
      },
      {
        choices: [],
        usage: { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 3 }, completion_tokens_details: null },
      },
    ]);
    expect(last["usage"]).toEqual({
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 12,
    });
  });
});

describe("the older shape of Workers AI", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

  it("ends with [DONE]", async () => {
    const last = await answer([{ response: "Hel" }, { response: "lo", p: "abc" }, { response: "", usage }]);
    expect(last).toMatchObject({ status: "completed", output: [message("Hello")], usage: { input_tokens: 3 } });
  });

  it("has failed without [DONE]", async () => {
    const events = readEvents(await streamText(modelAnswer([sse({ response: "Hello" })])));
    expect(lastResponse(events)).toMatchObject({ type: "response.failed" });
  });

  it("was cut off when it is as long as was allowed", async () => {
    const last = await answer([{ response: "Hello", usage }], answeredRequest({ maxTokens: 2 }));
    expect(last).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  });

  it("brings tool calls whole, one after the other", async () => {
    const last = await answer([
      { response: null, tool_calls: [{ name: "get_weather", arguments: { city: "Paris" } }] },
      { tool_calls: [{ name: "get_weather", arguments: { city: "Rome" } }] },
      { response: "", usage },
    ]);
    expect(last["output"]).toMatchObject([
      { type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}' },
      { type: "function_call", name: "get_weather", arguments: '{"city":"Rome"}' },
    ]);
  });

  it.each([
    [{ city: "Paris" }, '{"city":"Paris"}'],
    [42, "42"],
  ])("gives the value %j, held to a schema, as text", async (response, text) => {
    const events = readEvents(await streamText(jsonAnswer(JSON.stringify({ response, usage }))));
    expect(lastResponse(events)).toMatchObject({ type: "response.completed", output: [message(text)] });
  });
});

describe("one JSON answer", () => {
  it("becomes the same items as a stream", async () => {
    const whole = {
      id: "id-1",
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Let me see.",
            refusal: null,
            reasoning_content: "Hm.",
            tool_calls: [
              { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
              { id: "b", type: "function", function: { name: "g", arguments: '{"x":1}' } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    const events = readEvents(await streamText(jsonAnswer(JSON.stringify(whole))));
    expect(lastResponse(events)).toMatchObject({
      type: "response.completed",
      output: [
        { type: "reasoning", content: [{ text: "Hm." }] },
        message("Let me see."),
        { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
        { type: "function_call", call_id: "b", name: "g", arguments: '{"x":1}' },
      ],
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    });
  });

  it.each(["", "{", "[]", '{"choices":[]}', '{"id":"x"}', '{"error":"secret"}'])("that is %j fails", async (text) => {
    const wire = await streamText(jsonAnswer(`\n${text}`));
    expect(
      readEvents(wire)
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(["error", "response.failed"]);
    expect(wire).not.toContain("secret");
  });
});

describe("an answer that was cut off", () => {
  const cutOff = [call({ id: "a", name: "get_weather", arguments: '{"city":"Par' }), delta({}, "tool_calls")];
  const atLimit = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 16 } };

  it("is incomplete when a call stops at the limit, whatever the finish reason says", async () => {
    const request = answeredRequest({ tools: { get_weather: weather }, maxTokens: 16 });
    expect(await answer([...cutOff, atLimit], request)).toMatchObject({
      type: "response.incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "function_call", status: "incomplete", arguments: '{"city":"Par' }],
    });
  });

  it("fails when a call's arguments are not JSON below the limit", async () => {
    const events = await translate(cutOff, answeredRequest({ tools: { get_weather: weather }, maxTokens: 100 }));
    expect(events.at(-2)).toMatchObject({
      type: "error",
      code: "upstream_invalid_response",
      message: "The model's answer is not valid: the arguments of a tool call are not JSON. Try again.",
    });
    expect(lastResponse(events)).toMatchObject({ type: "response.failed", output: [{ status: "incomplete" }] });
  });

  it.each([
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ])("stays so when stop follows %s", async (first, reason) => {
    const chunks = [delta({ content: "Hi" }, first), delta({}, "stop")];
    expect(await answer(chunks)).toMatchObject({ type: "response.incomplete", incomplete_details: { reason } });
  });
});

describe("calls that are hard to tell apart", () => {
  it("are two when a name follows whole arguments without an id", async () => {
    const chunks = [
      call({ name: "f", arguments: '{"a":"1"}' }),
      call({ name: "f", arguments: '{"b":2}' }),
      delta({}, "stop"),
    ];
    expect(await answer(chunks)).toMatchObject({
      output: [
        { type: "function_call", name: "f", arguments: '{"a":"1"}' },
        { type: "function_call", name: "f", arguments: '{"b":2}' },
      ],
    });
  });

  it("are one when the arguments come before the id and the name", async () => {
    const chunks = [call({ arguments: '{"a":1}' }), call({ id: "late", name: "f" }), delta({}, "tool_calls")];
    expect(await answer(chunks)).toMatchObject({
      output: [{ type: "function_call", call_id: "late", name: "f", arguments: '{"a":1}' }],
    });
  });
});

describe("an event of type error", () => {
  it("fails the answer also without an error field, and whatever follows", async () => {
    const wire = `${sse(delta({ content: "Hi" }))}event: error\n${sse({ detail: "secret" })}${sse(delta({}, "stop"))}`;
    const events = readEvents(await streamText(modelAnswer([wire])));
    expect(events.at(-2)).toMatchObject({ type: "error", code: "upstream_error" });
    expect(lastResponse(events)).toMatchObject({ type: "response.failed" });
  });
});

describe("a great many parts in one answer", () => {
  it("are all there: 200,000 logprobs and 20,000 calls", async () => {
    const logprobs = { content: Array.from({ length: 200_000 }, () => ({ token: "x", logprob: -1, bytes: [] })) };
    const tool_calls = Array.from({ length: 20_000 }, (_, index) => ({
      index,
      id: `c${index}`,
      function: { name: "f" },
    }));
    const whole = { content: "x", tool_calls };
    const events = readEvents(
      await streamText(jsonAnswer(JSON.stringify({ choices: [{ message: whole, logprobs, finish_reason: "stop" }] }))),
    );
    expect(lastResponse(events)).toMatchObject({ type: "response.completed" });
    expect(lastResponse(events)["output"]).toHaveLength(20_001);
  });
});
