import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/errors.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";
import { convert as convertDocument } from "./convert.ts";

function convert(document: JsonRecord) {
  return convertDocument({ input: "Go.", ...document });
}

async function refusal(document: JsonRecord) {
  try {
    await convert(document);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, code: error.code, param: error.param };
    throw error;
  }
  throw new Error("it was converted");
}

const plain = { type: "function", name: "now" };
const weather = {
  type: "function",
  name: "get_weather",
  description: "Weather of a city.",
  strict: true,
  parameters: {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};
const patch = {
  type: "custom",
  name: "apply_patch",
  description: "Change files.",
  format: { type: "grammar", syntax: "lark", definition: "start: /.+/" },
};
const space = {
  type: "namespace",
  name: "crm",
  description: "The customers.",
  tools: [
    { type: "function", name: "find", description: "Find one." },
    { type: "function", name: "list" },
    { type: "custom", name: "query" },
  ],
};

const inputOnly = {
  type: "object",
  properties: { input: { type: "string", description: "The whole input of the tool, as plain text." } },
  required: ["input"],
  additionalProperties: false,
};
const noParameters = { type: "object", properties: {} };

describe("tools", () => {
  it("are functions with a description and parameters, whatever the client left out", async () => {
    const { inputs, translation } = await convert({
      tools: [weather, plain, { ...plain, name: "later", parameters: null, strict: null, description: null }],
    });
    const { $schema: _uri, ...parameters } = weather.parameters;
    expect(inputs.tools).toEqual([
      {
        type: "function",
        function: { name: "get_weather", description: "Weather of a city.", strict: true, parameters },
      },
      { type: "function", function: { name: "now", description: "", parameters: noParameters } },
      { type: "function", function: { name: "later", description: "", parameters: noParameters } },
    ]);
    expect(inputs.tool_choice).toBe("auto");
    expect(translation.tools.get("now")).toEqual({ kind: "function", name: "now", parameters: noParameters });
  });

  it("that are custom become a function with one string, its grammar told in words", async () => {
    const { inputs, translation, warnings } = await convert({ tools: [patch] });
    expect([...warnings]).toEqual(["The model reads the grammar of a custom tool, but is not held to it."]);
    expect(inputs.tools).toEqual([
      {
        type: "function",
        function: {
          name: "apply_patch",
          description: "Change files.\n\nThe input must match this lark grammar:\nstart: /.+/",
          parameters: inputOnly,
        },
      },
    ]);
    expect([...translation.tools]).toEqual([
      ["apply_patch", { kind: "custom", name: "apply_patch", parameters: inputOnly }],
    ]);
  });

  it("of a namespace are offered one by one, the namespace's description with the first", async () => {
    const { inputs, translation } = await convert({ tools: [space] });
    expect(inputs.tools?.map(({ function: { name, description } }) => [name, description])).toEqual([
      ["crm__find", "The customers.\n\nFind one."],
      ["crm__list", ""],
      ["crm__query", ""],
    ]);
    expect([...translation.tools.values()]).toEqual([
      { kind: "function", name: "find", namespace: "crm", parameters: noParameters },
      { kind: "function", name: "list", namespace: "crm", parameters: noParameters },
      { kind: "custom", name: "query", namespace: "crm", parameters: inputOnly },
    ]);
  });

  it("get a name the model can take, different from all others", async () => {
    const long = "x".repeat(80);
    const names = ["files.read", "files read", "files_read", long, `${long}y`, "日本"];
    const { translation } = await convert({ tools: names.map((name) => ({ type: "custom", name })) });
    expect([...translation.tools].map(([offered, tool]) => [offered, tool.kind === "hosted" ? "" : tool.name])).toEqual(
      [
        ["files_read", "files.read"],
        ["files_read_2", "files read"],
        ["files_read_3", "files_read"],
        ["x".repeat(64), long],
        [`${"x".repeat(62)}_2`, `${long}y`],
        ["__", "日本"],
      ],
    );
  });

  it("keep the names they are offered under in the calls of the history", async () => {
    const { inputs } = await convert({
      tools: [{ type: "custom", name: "a.b" }, { type: "custom", name: "a b" }, patch, space],
      input: [
        { type: "custom_tool_call", call_id: "1", name: "a b", input: "x" },
        { type: "custom_tool_call", call_id: "2", name: "apply_patch", input: '*** "x"\n' },
        { type: "function_call", call_id: "3", name: "list", namespace: "crm", arguments: "{}" },
        { type: "function_call", call_id: "4", name: "gone tool", arguments: "{}" },
        { type: "custom_tool_call_output", call_id: "1", output: "one" },
        { type: "custom_tool_call_output", call_id: "2", output: [{ type: "input_text", text: "two" }] },
      ],
    });
    expect(inputs.messages).toEqual([
      {
        role: "assistant",
        content: "",
        tool_calls: [
          { id: "1", type: "function", function: { name: "a_b_2", arguments: '{"input":"x"}' } },
          { id: "2", type: "function", function: { name: "apply_patch", arguments: '{"input":"*** \\"x\\"\\n"}' } },
          { id: "3", type: "function", function: { name: "crm__list", arguments: "{}" } },
          { id: "4", type: "function", function: { name: "gone_tool", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "1", content: "one" },
      { role: "tool", tool_call_id: "2", content: "two" },
    ]);
  });

  it("that are hosted are left out and named once each", async () => {
    const { inputs, warnings } = await convert({
      tools: [{ type: "web_search" }, weather, { type: "mcp", server_label: "x" }, { type: "web_search" }],
    });
    expect(inputs.tools?.map((tool) => tool.function.name)).toEqual(["get_weather"]);
    expect([...warnings]).toEqual(["The model can't run hosted tools, so these were left out: web_search, mcp."]);
  });

  it("are not sent at all when none is left", async () => {
    const { inputs } = await convert({
      tools: [{ type: "web_search" }],
      tool_choice: "auto",
      parallel_tool_calls: true,
    });
    expect(Object.keys(inputs)).toEqual(["messages", "max_tokens"]);
  });

  it("that are the same are offered once", async () => {
    const { inputs, warnings } = await convert({ tools: [weather, weather] });
    expect(inputs.tools?.length).toBe(1);
    expect([...warnings]).toEqual(["A tool that is defined twice was offered once."]);
  });

  it.each([
    [[{ type: "function" }], "missing_required_parameter", "tools[0].name"],
    [[plain, { type: "custom", name: "" }], "invalid_value", "tools[1].name"],
    [[{ type: "function", name: "files.read" }], "invalid_value", "tools[0].name"],
    [[{ type: "function", name: "x".repeat(129) }], "invalid_value", "tools[0].name"],
    [[{ name: "x" }], "missing_required_parameter", "tools[0].type"],
    [[{ type: "function", name: "x", parameters: "none" }], "invalid_type", "tools[0].parameters"],
    [[{ type: "namespace", name: "x" }], "missing_required_parameter", "tools[0].tools"],
    [[{ type: "namespace", name: "x", tools: [5] }], "invalid_type", "tools[0].tools[0]"],
    [
      [{ type: "namespace", name: "x", tools: [{ type: "function" }] }],
      "missing_required_parameter",
      "tools[0].tools[0].name",
    ],
    [Array.from({ length: 1_001 }, (_, n) => ({ ...plain, name: `f${n}` })), "array_above_max_length", "tools"],
  ])("are refused as %# with %s at %s", async (tools, code, param) => {
    expect(await refusal({ tools })).toEqual({ status: 400, code, param });
  });
});

describe("tool_choice", () => {
  const tools = [weather, patch, space, { type: "web_search" }];

  it.each([
    ["auto", "auto", false],
    ["none", "none", false],
    ["required", "required", true],
    [{ type: "function", name: "get_weather" }, { type: "function", function: { name: "get_weather" } }, true],
    [{ type: "custom", name: "apply_patch" }, { type: "function", function: { name: "apply_patch" } }, true],
    [{ type: "function", name: "find", namespace: "crm" }, { type: "function", function: { name: "crm__find" } }, true],
    [{ type: "function", name: "find" }, { type: "function", function: { name: "crm__find" } }, true],
  ])("%j is %j upstream", async (choice, sent, forced) => {
    const { inputs, translation } = await convert({ tools, tool_choice: choice });
    expect(inputs.tool_choice).toEqual(sent);
    expect(translation.toolCallForced).toBe(forced);
  });

  it("offers only the tools it allows", async () => {
    const allowed = [{ type: "function", name: "get_weather" }, { type: "web_search" }];
    const { inputs, translation, warnings } = await convert({
      tools,
      tool_choice: { type: "allowed_tools", mode: "required", tools: allowed },
    });
    expect(inputs.tools?.map((tool) => tool.function.name)).toEqual(["get_weather"]);
    expect(inputs.tool_choice).toBe("required");
    expect([...translation.tools.keys()]).toEqual(["get_weather"]);
    expect([...warnings]).toContain("The model can't run the hosted tools that tool_choice allows.");
  });

  it("may allow none", async () => {
    const { inputs } = await convert({ tools, tool_choice: { type: "allowed_tools", mode: "auto", tools: [] } });
    expect(Object.keys(inputs)).toEqual(["messages", "max_tokens"]);
  });

  it.each([
    ["always", "invalid_value", "tool_choice"],
    [5, "invalid_type", "tool_choice"],
    [{}, "missing_required_parameter", "tool_choice.type"],
    [{ type: "web_search" }, "unsupported_tool", "tool_choice"],
    [{ type: "mcp", server_label: "x" }, "unsupported_tool", "tool_choice"],
    [{ type: "function", name: "nothing" }, "invalid_value", "tool_choice"],
    [{ type: "custom", name: "get_weather" }, "invalid_value", "tool_choice"],
    [{ type: "function", name: "find", namespace: "erp" }, "invalid_value", "tool_choice"],
    [{ type: "allowed_tools", tools: [] }, "missing_required_parameter", "tool_choice.mode"],
    [{ type: "allowed_tools", mode: "auto" }, "missing_required_parameter", "tool_choice.tools"],
    [{ type: "allowed_tools", mode: "auto", tools: ["x"] }, "invalid_type", "tool_choice.tools[0]"],
    [
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "x" }] },
      "invalid_value",
      "tool_choice.tools[0]",
    ],
    [
      { type: "allowed_tools", mode: "required", tools: [{ type: "web_search" }] },
      "unsupported_tool",
      "tool_choice.tools",
    ],
  ])("%j is refused with %s at %s", async (choice, code, param) => {
    expect(await refusal({ tools, tool_choice: choice })).toEqual({ status: 400, code, param });
  });

  it("can't require a call when there is nothing to call", async () => {
    expect(await refusal({ tool_choice: "required" })).toEqual({
      status: 400,
      code: "invalid_value",
      param: "tool_choice",
    });
    expect(await refusal({ tool_choice: "required", tools: [{ type: "web_search" }] })).toEqual({
      status: 400,
      code: "unsupported_tool",
      param: "tool_choice",
    });
  });
});

describe("text.format", () => {
  const schema = { $schema: "x", type: "object", properties: { city: { type: "string" } } };
  const sentSchema = { type: "object", properties: { city: { type: "string" } } };

  it.each([
    [{ type: "text" }, undefined],
    [{ type: "json_object" }, { type: "json_object" }],
    [
      { type: "json_schema", name: "city", strict: true, description: "A city.", schema },
      {
        type: "json_schema",
        json_schema: { name: "city", strict: true, description: "A city.", schema: sentSchema },
      },
    ],
    [
      { type: "json_schema", strict: null, schema },
      { type: "json_schema", json_schema: { name: "response", schema: sentSchema } },
    ],
  ])("%j is %j upstream", async (format, sent) => {
    expect((await convert({ text: { format } })).inputs.response_format).toEqual(sent);
  });

  it("comes back complete", async () => {
    const { response } = await convert({ text: { format: { type: "json_schema", schema } } });
    expect(response["text"]).toEqual({
      format: { type: "json_schema", name: "response", description: null, schema, strict: false },
    });
  });

  it("without its schema, or of another type, is refused", async () => {
    expect(await refusal({ text: { format: { type: "json_schema" } } })).toEqual({
      status: 400,
      code: "invalid_type",
      param: "text.format.schema",
    });
    expect(await refusal({ text: { format: { type: "yaml" } } })).toEqual({
      status: 400,
      code: "invalid_value",
      param: "text.format.type",
    });
  });
});
