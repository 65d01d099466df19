import { describe, expect, it } from "vitest";
import { convertRequest } from "../../../src/compat/request/convert-request.ts";
import { ApiError } from "../../../src/errors.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";
import { responseDefaults } from "../../../src/protocol/response-defaults.ts";
import { recordedRequests } from "./client-requests.ts";
import { convert, model } from "./convert.ts";

async function messagesOf(input: unknown, rest: JsonRecord = {}) {
  return (await convert({ input, ...rest })).inputs.messages;
}

async function refusal(document: JsonRecord) {
  try {
    await convert(document);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, code, param, message } = error;
    return { status, code, param, message };
  }
  throw new Error("it was converted");
}

const weather = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};

describe("the request as a whole", () => {
  it("makes a user message of a string", async () => {
    expect(await convert({ input: "Hello" })).toMatchObject({
      inputs: { messages: [{ role: "user", content: "Hello" }], max_tokens: 32_768 },
      warnings: new Set(),
    });
  });

  it("sends nothing that the request does not ask for", async () => {
    expect(Object.keys((await convert({ input: "Hello" })).inputs)).toEqual(["messages", "max_tokens"]);
  });

  it("passes on sampling, effort, format and streaming under the chat branch's names", async () => {
    const { inputs } = await convert({
      input: "Hello",
      stream: true,
      temperature: 0,
      top_p: 0,
      frequency_penalty: 1,
      presence_penalty: -1,
      top_logprobs: 3,
      max_output_tokens: 500,
      reasoning: { effort: "low" },
      text: { format: { type: "json_object" } },
      prompt_cache_key: "conversation 1",
    });
    expect(inputs).toEqual({
      messages: [{ role: "user", content: "Hello" }],
      max_tokens: 500,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      top_p: 0.001,
      frequency_penalty: 1,
      presence_penalty: -1,
      logprobs: true,
      top_logprobs: 3,
      reasoning_effort: "low",
      response_format: { type: "json_object" },
    });
  });

  it("asks for a shorter answer when the prompt leaves less room", async () => {
    const { inputs } = await convert({ input: "word ".repeat(88_000), max_output_tokens: 100_000 });
    expect(inputs.max_tokens).toBeLessThan(40_000);
    expect(inputs.max_tokens).toBeGreaterThan(1_024);
  });

  it("gives each model its own limit and only fields that it takes", async () => {
    const { inputsFor, warnings } = await convertRequest(
      { input: "Hello", reasoning: { effort: "high" } },
      { keyName: "alice", config: { reasoningKey: undefined, reasoningStream: "off" } },
    );
    expect(inputsFor(model)).toMatchObject({ max_tokens: 32_768, reasoning_effort: "high" });
    expect(inputsFor("@cf/meta/llama-3.1-8b-instruct")).toEqual({
      messages: [{ role: "user", content: "Hello" }],
      max_tokens: 4_096,
    });
    expect([...warnings]).toEqual([
      "The model has no reasoning effort to set: the field reasoning.effort has no effect.",
    ]);
  });
});

describe("a number", () => {
  it("is the nearest double", async () => {
    const document: unknown = JSON.parse('{"input":"x","temperature":0.10000000000000001,"max_output_tokens":300.0}');
    expect((await convert(Object(document))).inputs).toMatchObject({ temperature: 0.1, max_tokens: 300 });
  });

  it.each([
    [3, "must be at most 2."],
    [Infinity, "must be a number."],
  ])("%s is refused as a temperature", async (temperature, what) => {
    expect((await refusal({ input: "x", temperature })).message).toBe(`The field \`temperature\` ${what}`);
  });
});

describe("the Response before the first chunk", () => {
  it("has every field that strict clients require, at its default", async () => {
    const { response, translation } = await convert({ input: "Hello", metadata: null, tools: null });
    expect(response).toEqual({
      ...responseDefaults,
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: "response",
      created_at: 1_763_900_000,
      completed_at: null,
      status: "in_progress",
      error: null,
      incomplete_details: null,
      model,
      output: [],
      usage: null,
    });
    expect(translation).toEqual({ tools: new Map(), toolCallForced: false, reasoningStream: "off" });
  });

  it.each([
    ["a summary, whatever is set, where the request asks for one", { summary: "auto" }, "text", "summary"],
    ["the same by the older name", { generate_summary: "detailed" }, "off", "summary"],
    ["as it is set, where the request asks for none", { effort: "low" }, "text", "text"],
  ] as const)("streams reasoning as %s", async (_title, reasoning, reasoningStream, streamed) => {
    const { translation } = await convert({ input: "x", reasoning }, { reasoningStream });
    expect(translation.reasoningStream).toBe(streamed);
  });

  it("repeats what the request says", async () => {
    const said = {
      instructions: "Be kind.",
      max_output_tokens: 64,
      metadata: { a: "b" },
      parallel_tool_calls: false,
      prompt_cache_key: "key",
      safety_identifier: "person",
      store: true,
      temperature: 0.5,
      tool_choice: "required",
      top_p: 0.5,
      truncation: "auto",
      user: "somebody",
    };
    const { response, translation } = await convert({
      ...said,
      input: "Hello",
      tools: [weather],
      service_tier: "flex",
      text: { verbosity: "low" },
      reasoning: { effort: "xhigh", summary: "auto" },
    });
    expect(response).toMatchObject({
      ...said,
      service_tier: "default",
      text: { format: { type: "text" }, verbosity: "low" },
      reasoning: { effort: "xhigh", summary: "auto" },
      tools: [{ ...weather, description: null, strict: null }],
    });
    expect(translation).toMatchObject({ toolCallForced: true, reasoningStream: "summary" });
  });
});

describe("messages", () => {
  it("joins instructions and leading system and developer messages into one system message", async () => {
    const input = [
      { role: "developer", content: "Use metres." },
      { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
      { role: "user", content: "How high is the Eiffel Tower?" },
      { role: "developer", content: "Round the number." },
    ];
    expect(await messagesOf(input, { instructions: "You are a guide." })).toEqual([
      { role: "system", content: "You are a guide.\n\nUse metres.\n\nBe brief." },
      { role: "user", content: "How high is the Eiffel Tower?" },
      { role: "system", content: "Round the number." },
    ]);
  });

  it("puts reasoning, text and parallel calls into one assistant message, their outputs after it", async () => {
    const input = [
      { role: "user", content: "Compare Paris and Rome." },
      { type: "reasoning", id: "rs_1", summary: [], content: [{ type: "reasoning_text", text: "Two calls." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Looking.", annotations: [] }] },
      { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Paris"}' },
      { type: "function_call", call_id: "call_2", name: "get_weather", arguments: '{"city":"Rome"}' },
      { type: "function_call_output", call_id: "call_2", output: "18" },
      { type: "function_call_output", call_id: "call_1", output: [{ type: "input_text", text: "12" }] },
      { type: "reasoning", summary: [{ type: "summary_text", text: "Rome." }], content: null },
      { role: "assistant", content: "Rome is warmer." },
    ];
    expect(await messagesOf(input, { tools: [weather] })).toEqual([
      { role: "user", content: "Compare Paris and Rome." },
      {
        role: "assistant",
        content: "Looking.",
        reasoning: "Two calls.",
        reasoning_content: "Two calls.",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
          { id: "call_2", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_2", content: "18" },
      { role: "tool", tool_call_id: "call_1", content: "12" },
      { role: "assistant", content: "Rome is warmer.", reasoning: "Rome.", reasoning_content: "Rome." },
    ]);
  });

  it("are known by their role where their type is null", async () => {
    const input = [{ type: null, role: "user", content: "Hello" }];
    expect(await messagesOf(input)).toEqual([{ role: "user", content: "Hello" }]);
  });

  it("keeps the texts of two assistant messages apart", async () => {
    const input = [
      { role: "assistant", phase: "commentary", content: "First." },
      { role: "assistant", phase: "final_answer", content: [{ type: "refusal", refusal: "No." }] },
    ];
    expect(await messagesOf(input)).toEqual([
      { role: "assistant", content: "First." },
      { role: "assistant", content: "No." },
    ]);
  });

  it("gives the model once what a client sends beside the response that it continues", async () => {
    const text = { role: "assistant", content: "I look." };
    const call = { type: "function_call", call_id: "a", name: "f", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "a", output: "1" };
    const said = { role: "assistant", content: "It is 1." };
    const round = [
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "a", content: "1" },
    ];
    const input = [text, call, text, call, output, said, said];
    expect(await messagesOf(input)).toEqual([...round, { role: "assistant", content: "It is 1." }]);
    // A call that has its output is another one when its id comes again.
    expect(await messagesOf([text, call, output, text, call, output])).toEqual([...round, ...round]);
  });

  it("gives the model each of two calls that share an id", async () => {
    const call = { type: "function_call", call_id: "a", name: "f", arguments: "{}" };
    const other = { ...call, arguments: '{"x":1}' };
    const output = { type: "function_call_output", call_id: "a", output: "1" };
    const user = { role: "user", content: "Go on" };
    const [asked, otherAsked] = [call, other].map(({ call_id: id, name, arguments: given }) => ({
      id,
      type: "function",
      function: { name, arguments: given },
    }));
    const result = { role: "tool", tool_call_id: "a", content: "1" };
    // Side by side they differ. What the user spoke after, a call may say again.
    expect(await messagesOf([call, other, output])).toEqual([
      { role: "assistant", content: "", tool_calls: [asked, otherAsked] },
      result,
    ]);
    const assistant = { role: "assistant", content: "", tool_calls: [asked] };
    expect(await messagesOf([call, user, call, output])).toEqual([assistant, user, assistant, result]);
  });

  it("keeps calls together that have reasoning between them", async () => {
    const input = [
      { type: "reasoning", content: [{ type: "reasoning_text", text: "One." }] },
      { type: "function_call", call_id: "a", name: "f", arguments: "" },
      { type: "reasoning", content: [{ type: "reasoning_text", text: "Two." }] },
      { type: "function_call", call_id: "b", name: "f", arguments: { x: 1 } },
      { type: "function_call_output", call_id: "a", output: "" },
      { type: "function_call_output", call_id: "b", output: "" },
    ];
    expect(await messagesOf(input)).toEqual([
      {
        role: "assistant",
        content: "",
        reasoning: "One.\nTwo.",
        reasoning_content: "One.\nTwo.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "b", type: "function", function: { name: "f", arguments: '{"x":1}' } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "" },
      { role: "tool", tool_call_id: "b", content: "" },
    ]);
  });

  it("puts the text of a file and the description of an image in their places", async () => {
    const content = [
      { type: "input_text", text: "What are these?" },
      {
        type: "input_image",
        image_url:
          "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      },
      { type: "input_file", filename: "report.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
    ];
    const { inputs, warnings } = await convert({ input: [{ role: "user", content }] });
    expect(inputs.messages).toEqual([
      {
        role: "user",
        content: [
          "What are these?",
          "Image (image/png). You can't see it: another model's description stands between the marks.",
          "<<<6b7fa434f92a",
          "What image.png says.",
          "6b7fa434f92a>>>",
          'File "report.pdf" (application/pdf). Its content, converted to Markdown, stands between the marks.',
          "<<<38523c087796",
          "What file.pdf says.",
          "38523c087796>>>",
        ].join("\n"),
      },
    ]);
    expect([...warnings]).toEqual([
      "The model can't see these images and was given descriptions of them: input[0].content[1].image_url.",
    ]);
  });

  it("leaves out what tools of OpenAI's did, and says so", async () => {
    const { inputs, warnings } = await convert({
      input: [
        { type: "code_interpreter_call", id: "ci_1", status: "completed" },
        { role: "user", content: "Go on." },
      ],
    });
    expect(inputs.messages).toEqual([{ role: "user", content: "Go on." }]);
    expect([...warnings]).toEqual([
      "The model has no use for items of type code_interpreter_call: they were left out.",
    ]);
  });

  it.each([
    [[{ role: "tool", content: "x" }], "invalid_value", "input[0].role"],
    [[{ role: "user", content: 5 }], "invalid_type", "input[0].content"],
    [[{ role: "user", content: [{ type: "hologram" }] }], "invalid_value", "input[0].content[0].type"],
    [[{ role: "user", content: [{ type: "input_text" }] }], "missing_required_parameter", "input[0].content[0].text"],
    [[{ role: "user", content: "x" }, { type: "telepathy" }], "invalid_value", "input[1].type"],
    [[{ content: "x" }], "invalid_value", "input[0].type"],
    [[{ type: "item_reference", id: "msg_1" }], "unsupported_parameter", "input[0].type"],
    [[{ type: "function_call", name: "f", arguments: "{}" }], "invalid_type", "input[0].call_id"],
    [[{ type: "function_call", call_id: "a", arguments: "{}" }], "missing_required_parameter", "input[0].name"],
    [[{ type: "function_call_output", call_id: "a", output: "x" }], "invalid_value", "input[0].call_id"],
    [[{ type: "compaction", encrypted_content: "x" }], "invalid_encrypted_content", "input[0].encrypted_content"],
    [["text"], "invalid_type", "input[0]"],
    [5, "invalid_type", "input"],
  ])("refuses %j with %s at %s", async (input, code, param) => {
    expect(await refusal({ input })).toMatchObject({ status: 400, code, param });
  });
});

describe("sealed reasoning", () => {
  const reasoningKey = "a-reasoning-key-of-32-characters";
  const include = ["reasoning.encrypted_content"];

  async function sealFor(keyName: string, text: string) {
    const { translation } = await convert({ input: "x", include }, { keyName, reasoningKey });
    return translation.seal?.(text);
  }

  it("is given once where the item has it in its summary and its content too", async () => {
    const thought = "We need the weather.";
    const item = {
      type: "reasoning",
      summary: [{ type: "summary_text", text: thought }],
      content: [{ type: "reasoning_text", text: thought }],
      encrypted_content: await sealFor("alice", thought),
    };
    const { inputs } = await convert({ input: [item, { role: "user", content: "Go on." }] }, { reasoningKey });
    expect(inputs.messages[0]).toMatchObject({ reasoning: thought, reasoning_content: thought });
  });

  it("goes back to the model as its chain of thought", async () => {
    const sealed = await sealFor("alice", "We need the weather. \u{1f327}");
    const { inputs, warnings } = await convert(
      {
        input: [
          { type: "reasoning", summary: [], encrypted_content: sealed },
          { role: "user", content: "Go on." },
        ],
      },
      { reasoningKey },
    );
    expect(inputs.messages[0]).toEqual({
      role: "assistant",
      content: "",
      reasoning: "We need the weather. \u{1f327}",
      reasoning_content: "We need the weather. \u{1f327}",
    });
    expect([...warnings]).toEqual([]);
  });

  it.each([
    ["another caller's", () => sealFor("bob", "secret"), reasoningKey],
    ["OpenAI's", async () => "gAAAAABfake-encrypted", reasoningKey],
    ["ours, when no key is set any more", () => sealFor("alice", "secret"), undefined],
    ["ours, under a new key", () => sealFor("alice", "secret"), "another-reasoning-key-of-32-chars"],
    ["something cut short", async () => (await sealFor("alice", "secret"))?.slice(0, 30), reasoningKey],
    ["no base64", async () => "v1.%%%", reasoningKey],
    ["no bytes", async () => "v1.", reasoningKey],
  ])("is ignored with a warning, its summary kept, when it is %s", async (_whose, sealed, opener) => {
    const summary = [{ type: "summary_text", text: "In short." }];
    const { inputs, warnings } = await convert(
      { input: [{ type: "reasoning", summary, encrypted_content: await sealed() }] },
      { reasoningKey: opener },
    );
    expect(inputs.messages).toEqual([
      { role: "assistant", content: "", reasoning: "In short.", reasoning_content: "In short." },
    ]);
    expect([...warnings]).toEqual(["Encrypted reasoning that this Worker didn't seal for this key was left out."]);
  });

  it("is told to be missing when it was asked for and no key is set", async () => {
    const { translation, warnings } = await convert({ input: "x", include });
    expect(translation.seal).toBe(undefined);
    expect([...warnings]).toEqual(["There is no reasoning.encrypted_content: this Worker has no REASONING_KEY."]);
  });

  it("is not made unless it was asked for", async () => {
    expect((await convert({ input: "x" }, { reasoningKey })).translation.seal).toBe(undefined);
  });
});

describe("recorded requests of real clients", () => {
  /** Requests that refer to what an earlier one stored: by themselves they can't be answered, by their own service neither. */
  const needMemory: Readonly<Record<string, { code: string; param: string }>> = {
    "ai-sdk-openai-4.0.118/multi-turn #1": { code: "unsupported_parameter", param: "input[1].type" },
    "openai-7.57.0/tool-round-trip-previous-id #1": { code: "invalid_value", param: "input[0].call_id" },
  };
  const creates = recordedRequests.filter(({ path }) => /^\/v1\/responses(\?|$)/.test(path));

  it("are all here", () => {
    expect(creates.length).toBe(122);
  });

  it.each(creates)("converts $title", async ({ title, body }) => {
    const refused = needMemory[title];
    if (refused !== undefined) {
      expect(await refusal(body)).toMatchObject({ status: 400, ...refused });
      return;
    }
    const { inputs, response } = await convert(body);
    expect(inputs.messages.length).toBeGreaterThan(0);
    expect(response).toMatchObject({ status: "in_progress", output: [] });
  });
});

describe("what has no effect", () => {
  it("is named in a warning, and what clients send for their own use is not", async () => {
    const { warnings } = await convert({
      input: "x",
      seed: 1,
      stop: null,
      context_management: [{ type: "compaction" }, { type: "magic" }],
      client_metadata: { a: "b" },
      include: ["reasoning.colours", "web_search_call.action.sources"],
    });
    expect([...warnings]).toEqual([
      "The field seed has no effect here.",
      "The context_management magic is not known here.",
      "The include reasoning.colours is not known here.",
    ]);
  });

  it("is named inside a field too", async () => {
    const { warnings } = await convert({
      input: "x",
      reasoning: { effort: "low", mode: "pro", context: null },
      text: { verbosity: "low", colour: "red" },
      stream_options: { include_usage: true, include_obfuscation: false },
      prompt_cache_options: { mode: "explicit" },
      constructor: { a: 1 },
    });
    expect([...warnings]).toEqual([
      "The field prompt_cache_options.mode has no effect here.",
      "The field reasoning.mode has no effect here.",
      "The field text.colour has no effect here.",
      "The field stream_options.include_usage has no effect here.",
      "The field constructor has no effect here.",
    ]);
  });

  it.each([
    ["none", "low"],
    ["minimal", "low"],
    ["xhigh", "high"],
    ["max", "high"],
  ])("reasoning effort %s is asked for as %s", async (effort, sent) => {
    const { inputs, warnings } = await convert({ input: "x", reasoning: { effort } });
    expect(inputs.reasoning_effort).toBe(sent);
    expect([...warnings]).toEqual([`The model has no reasoning effort ${effort}: it was asked for ${sent}.`]);
  });
});

describe("fields of a wrong kind", () => {
  it.each([
    [{ reasoning: { effort: "huge" } }, "invalid_value", "reasoning.effort"],
    [{ reasoning: "low" }, "invalid_type", "reasoning"],
    [{ temperature: 3 }, "invalid_value", "temperature"],
    [{ temperature: "1" }, "invalid_type", "temperature"],
    [{ max_output_tokens: 0 }, "invalid_value", "max_output_tokens"],
    [{ max_output_tokens: 1.5 }, "invalid_type", "max_output_tokens"],
    [{ top_logprobs: 21 }, "invalid_value", "top_logprobs"],
    [{ instructions: ["x"] }, "invalid_type", "instructions"],
    [{ truncation: "middle" }, "invalid_value", "truncation"],
    [{ tools: {} }, "invalid_type", "tools"],
    [{ include: "x" }, "invalid_type", "include"],
    [{ metadata: [] }, "invalid_type", "metadata"],
    [{ input: [] }, "missing_required_parameter", "input"],
    [{ input: null }, "missing_required_parameter", "input"],
  ])("%j is refused with %s at %s", async (fields, code, param) => {
    expect(await refusal({ input: "x", ...fields })).toMatchObject({ status: 400, code, param });
  });

  it("are told what they have to be", async () => {
    expect((await refusal({ input: "x", temperature: 3 })).message).toBe("The field `temperature` must be at most 2.");
    expect((await refusal({ input: "x", tool_choice: "always" })).message).toBe(
      "The field `tool_choice` must be one of: auto, none, required or an object.",
    );
    expect((await refusal({ input: "x", max_output_tokens: 1.5 })).message).toBe(
      "The field `max_output_tokens` must be a whole number.",
    );
  });
});

describe("verbosity", () => {
  it("is told to the model after the instructions", async () => {
    expect(await messagesOf("x", { instructions: "Be kind.", text: { verbosity: "low" } })).toEqual([
      { role: "system", content: "Be kind.\n\nKeep the answer short." },
      { role: "user", content: "x" },
    ]);
    expect(await messagesOf("x", { text: { verbosity: "medium" } })).toEqual([{ role: "user", content: "x" }]);
  });
});

/** A question, a call and an answer: some 31,000 tokens. */
function turn(name: string) {
  return [
    { role: "user", content: `${name} ${"word ".repeat(25_000)}` },
    { type: "function_call", call_id: name, name: "f", arguments: "{}" },
    { type: "function_call_output", call_id: name, output: "word ".repeat(10_000) },
    { role: "assistant", content: `${name} is done.` },
  ];
}

/** The content of a message without images. */
function textOf(content: unknown): string {
  return typeof content === "string" ? content : "";
}

describe("an input over the context", () => {
  const input = [
    { role: "system", content: "Be kind." },
    ...["one", "two", "three", "four"].flatMap(turn),
    { role: "user", content: "Go on." },
  ];

  it("goes to the model whole unless it may be truncated", async () => {
    const { inputs, warnings } = await convert({ input, truncation: "disabled" });
    expect(inputs.messages).toHaveLength(18);
    expect(inputs.max_tokens).toBe(1_024);
    expect([...warnings]).toEqual([]);
  });

  it("loses its oldest messages, calls with their outputs, when it may be truncated", async () => {
    const { inputs, warnings } = await convert({ input, truncation: "auto" });
    expect(inputs.messages.map(({ role, content }) => `${role} ${textOf(content).slice(0, 12)}`)).toEqual([
      "system Be kind.",
      "assistant one is done.",
      "user two word wor",
      "assistant ",
      "tool word word wo",
      "assistant two is done.",
      "user three word w",
      "assistant ",
      "tool word word wo",
      "assistant three is don",
      "user four word wo",
      "assistant ",
      "tool word word wo",
      "assistant four is done",
      "user Go on.",
    ]);
    expect([...warnings]).toEqual(["Of 18 messages the oldest 3 were left out: the context is full."]);
  });

  it("keeps the question and the last turn even when they alone are too long", async () => {
    const long = [
      { role: "user", content: "The question." },
      ...turn("one").slice(1),
      { type: "function_call", call_id: "last", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "last", output: "word ".repeat(150_000) },
    ];
    const { inputs } = await convert({ input: long, truncation: "auto" });
    expect(inputs.messages.map(({ role, content }) => `${role} ${textOf(content).slice(0, 13)}`)).toEqual([
      "user The question.",
      "assistant one is done.",
      "tool word word wor",
    ]);
  });
});

describe("a call that was cut off", () => {
  it("is left out with its output: its arguments are not JSON, and would fail every later request", async () => {
    const { inputs, warnings } = await convert({
      input: [
        { role: "user", content: "Weather?" },
        { type: "function_call", call_id: "a", name: "get_weather", arguments: '{"city":"Par', status: "incomplete" },
        { type: "function_call_output", call_id: "a", output: "never ran" },
        { role: "user", content: "Again." },
      ],
    });
    expect(inputs.messages).toEqual([
      { role: "user", content: "Weather?" },
      { role: "user", content: "Again." },
    ]);
    expect([...warnings]).toEqual(["A tool call whose arguments are not JSON was left out: its answer was cut off."]);
  });
});

const many = (count: number, value: unknown) => Array.from({ length: count }, () => value);

describe("too many of a kind", () => {
  it.each([
    [{ input: many(20_001, {}) }, "input", "array_above_max_length"],
    [{ input: "x", tools: many(1_001, {}) }, "tools", "array_above_max_length"],
    [
      { input: [{ role: "user", content: many(5_001, { type: "input_text", text: "x" }) }] },
      "input[0].content",
      "array_above_max_length",
    ],
    [
      { input: "x", metadata: Object.fromEntries(many(17, 0).map((_, index) => [`k${index}`, "v"])) },
      "metadata",
      "object_above_max_properties",
    ],
  ])("is refused before anything is made of it: case %#", async (document, param, code) => {
    expect(await refusal(document)).toMatchObject({ status: 400, code, param });
  });
});

describe("an MCP server's secrets", () => {
  it("are not in what the Response echoes", async () => {
    const tool = { type: "mcp", server_label: "docs", authorization: "secret", headers: { "x-key": "secret" } };
    const { response } = await convert({ input: "x", tools: [tool] });
    expect(response["tools"]).toEqual([{ type: "mcp", server_label: "docs" }]);
  });
});

describe("what OpenAI refuses", () => {
  it.each([
    [{ max_output_tokens: 15 }, "max_output_tokens", "The field `max_output_tokens` must be at least 16."],
    [{ max_tool_calls: 0 }, "max_tool_calls", "The field `max_tool_calls` must be at least 1."],
    [
      { service_tier: "gold" },
      "service_tier",
      "The field `service_tier` must be one of: auto, default, flex, scale, priority, fast, ultrafast.",
    ],
    [
      { safety_identifier: "x".repeat(65) },
      "safety_identifier",
      "The field `safety_identifier` has 65 characters: at most 64 are accepted.",
    ],
    [
      { metadata: { a: "x".repeat(513) } },
      "metadata.a",
      "The value of `metadata.a` has 513 characters: at most 512 are accepted.",
    ],
    [
      { metadata: { ["k".repeat(65)]: "x" } },
      "metadata",
      "A key in `metadata` has 65 characters: at most 64 are accepted.",
    ],
  ])("is refused here: %j", async (fields, param, message) => {
    expect(await refusal({ input: "x", ...fields })).toMatchObject({ status: 400, param, message });
  });

  it("is no warning where it is at its bound", async () => {
    const fields = {
      max_output_tokens: 16,
      max_tool_calls: 1,
      service_tier: "flex",
      safety_identifier: "x".repeat(64),
    };
    expect([...(await convert({ input: "x", ...fields })).warnings]).toEqual([]);
  });
});

describe("what only OpenAI's servers do", () => {
  it("is named in a warning", async () => {
    const tool = { ...weather, defer_loading: true, output_schema: {}, allowed_callers: ["code"] };
    const { warnings } = await convert({
      input: "x",
      prompt_cache_retention: "24h",
      include: ["tomorrow's weather"],
      tools: [tool],
    });
    expect([...warnings]).toEqual([
      "The field prompt_cache_retention has no effect here.",
      "The include tomorrow's weather is not known here.",
      "The field allowed_callers of a tool has no effect here.",
      "The field defer_loading of a tool has no effect here.",
      "The field output_schema of a tool has no effect here.",
    ]);
  });

  it("is named once where it is part of content or output", async () => {
    const part = { type: "input_text", text: "x", prompt_cache_breakpoint: { mode: "explicit" } };
    const call = { type: "function_call", call_id: "a", name: "f", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "a", output: [part] };
    const warning = "The field prompt_cache_breakpoint of a content part has no effect here.";
    const input = [{ role: "user", content: [part, part] }, call, output];
    expect([...(await convert({ input })).warnings]).toEqual([warning]);
    expect([...(await convert({ input: [input[0]] })).warnings]).toEqual([warning]);
    expect([...(await convert({ input: [{ role: "user", content: "x" }, call, output] })).warnings]).toEqual([warning]);
    const unset = { role: "user", content: [{ ...part, prompt_cache_breakpoint: null }] };
    expect([...(await convert({ input: [unset] })).warnings]).toEqual([]);
  });
});
