import { describe, expect, it } from "vitest";
import { buildRequest } from "../../console/settings/build-request.ts";
import { checkFunction } from "../../console/settings/check-function.ts";
import { checkSchema } from "../../console/settings/check-schema.ts";
import { defaultSettings } from "../../console/settings/default-settings.ts";
import { readJsonText } from "../../console/settings/read-json-text.ts";

function formatOf(schema: object): unknown {
  return buildRequest({ ...defaultSettings, format: "json_schema", schema: JSON.stringify(schema) })["text"];
}

describe("buildRequest", () => {
  it("leaves out whatever is as it was", () => {
    expect(buildRequest({ ...defaultSettings, model: "m" })).toEqual({ model: "m", stream: true });
  });

  it("puts settings where the API has them", () => {
    const settings = {
      ...defaultSettings,
      model: "m",
      instructions: "Be brief.",
      effort: "low",
      verbosity: "high",
      temperature: 0,
      topP: 0.5,
      maxOutputTokens: " 500 ",
      maxToolCalls: "2",
      stream: false,
      store: false,
      parallelToolCalls: false,
      webSearch: true,
      images: true,
    } as const;
    expect(buildRequest(settings)).toEqual({
      model: "m",
      instructions: "Be brief.",
      reasoning: { effort: "low" },
      text: { verbosity: "high" },
      temperature: 0,
      top_p: 0.5,
      max_output_tokens: 500,
      max_tool_calls: 2,
      tools: [{ type: "web_search" }, { type: "image_generation" }],
      include: ["web_search_call.action.sources"],
      parallel_tool_calls: false,
      store: false,
    });
  });

  it("offers the servers and functions that are on, with the server's token", () => {
    const servers = [
      { label: "docs", url: "", approval: "always", allowedTools: "", isOn: true },
      { label: "web", url: "https://a.example/mcp", approval: "never", allowedTools: "a, b ,", isOn: true },
      { label: "off", url: "", approval: "always", allowedTools: "", isOn: false },
    ] as const;
    const functions = [
      { text: '{"name": "f"}', isOn: true },
      { text: "broken", isOn: false },
    ];
    expect(
      buildRequest({ ...defaultSettings, servers: [...servers], functions }, { web: "t", off: "u" })["tools"],
    ).toEqual([
      { type: "mcp", server_label: "docs", require_approval: "always" },
      {
        type: "mcp",
        server_label: "web",
        server_url: "https://a.example/mcp",
        authorization: "t",
        allowed_tools: ["a", "b"],
        require_approval: "never",
      },
      { type: "function", name: "f" },
    ]);
  });

  it("is strict about a schema only where the schema allows it", () => {
    const open = { type: "object", properties: { a: { type: "string" } } };
    const closed = { ...open, required: ["a"], additionalProperties: false };
    expect(formatOf(open)).toEqual({ format: { type: "json_schema", name: "answer", strict: false, schema: open } });
    expect(formatOf(closed)).toEqual({ format: { type: "json_schema", name: "answer", strict: true, schema: closed } });
    const whole = { type: "json_schema", name: "mine", schema: closed };
    expect(formatOf(whole)).toEqual({ format: whole });
  });

  it("merges raw JSON last, object by object", () => {
    const extra = '{"reasoning": {"summary": "auto"}, "tools": [], "metadata": {"a": "b"}}';
    const request = buildRequest({ ...defaultSettings, effort: "high", webSearch: true, extra });
    expect(request).toMatchObject({ reasoning: { effort: "high", summary: "auto" }, tools: [], metadata: { a: "b" } });
  });

  it.each([
    ["maxOutputTokens", { maxOutputTokens: "many" }, "Write a whole number, 1 or more."],
    ["maxToolCalls", { maxToolCalls: "0" }, "Write a whole number, 1 or more."],
    ["functions", { functions: [{ text: "{}", isOn: true }] }, 'A function needs a name: "name": "get_weather".'],
    [
      "servers",
      { servers: [{ label: " ", url: "", approval: "always", allowedTools: "", isOn: true }] },
      "Give each MCP server a label.",
    ],
    ["schema", { format: "json_schema", schema: "[]" }, "Write a JSON object: { … }."],
    ["extra", { extra: "nothing" }, expect.stringMatching(/^Not JSON: /)],
  ] as const)("says what is wrong with %s", (field, settings, message) => {
    expect(() => buildRequest({ ...defaultSettings, ...structuredClone(settings) } as typeof defaultSettings)).toThrow(
      expect.objectContaining({ field, message }),
    );
  });
});

describe("checkSchema", () => {
  it.each([
    [{ type: "object", properties: { a: { $ref: "#/$defs/b" } }, $defs: { b: { type: ["string", "null"] } } }],
    [{ anyOf: [{ type: "string" }, { enum: [1, 2] }], items: true }],
    [{ type: "object", properties: { a: { $ref: "#" } } }],
  ])("finds nothing wrong with %j", (schema) => {
    expect(checkSchema(schema)).toBeUndefined();
  });

  it.each([
    [{ type: "text" }, 'The schema has the type "text", which JSON Schema doesn\'t know.'],
    [{ type: "array", items: { type: 5 } }, "`items` has the type 5, which JSON Schema doesn't know."],
    [{ properties: { a: "string" } }, '`a` must be a schema: an object such as {"type": "string"}.'],
    [{ properties: { a: { enum: [] } } }, "`enum` of `a` must be an array with at least one value."],
    [{ properties: { a: { $ref: "#/$defs/b" } } }, "`$ref` of `a` points to nothing: #/$defs/b."],
    [{ required: ["a"] }, 'The schema requires "a", which is not in `properties`.'],
    [{ oneOf: {} }, "`oneOf` of The schema must be an array of schemas."],
  ])("names the place of what is wrong with %j", (schema, message) => {
    expect(checkSchema(schema)).toBe(message);
  });

  it.each([
    [{ type: "object", properties: {} }, 'Strict: The schema needs "additionalProperties": false.'],
    [
      { type: "object", properties: { a: { type: "string" } }, additionalProperties: false },
      'Strict: The schema must list "a" in `required`.',
    ],
  ])("is stricter on demand with %j", (schema, message) => {
    expect(checkSchema(schema)).toBeUndefined();
    expect(checkSchema(schema, { isStrict: true })).toBe(message);
  });
});

describe("checkFunction", () => {
  it("adds the type that was left out, and leaves other tools alone", () => {
    expect(checkFunction('{"name": "f"}')).toEqual({ tool: { type: "function", name: "f" } });
    expect(checkFunction('{"type": "custom", "name": "x y"}')).toEqual({ tool: { type: "custom", name: "x y" } });
  });

  it("checks both of a function's schemas", () => {
    expect(checkFunction('{"name": "f", "parameters": {"type": "text"}}').problem).toMatch(/^parameters: /);
    expect(checkFunction('{"name": "f", "output_schema": 5}').problem).toMatch(
      /^`output_schema` must be a JSON Schema/,
    );
    expect(checkFunction('{"name": "f", "strict": true, "parameters": {"type": "object"}}').problem).toMatch(
      /^parameters: Strict/,
    );
  });
});

describe("readJsonText", () => {
  it("tells the line and the column of a mistake", () => {
    expect(readJsonText('{\n  "a": 1,\n  "b" 2\n}')).toEqual({
      problem: "Not JSON: there is a mistake in line 3, column 7.",
    });
  });
});
