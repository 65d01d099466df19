import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences, findKnown, knownDifferences } from "../support/openai-schemas.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

const weather = {
  type: "function",
  name: "get_weather",
  description: "The weather in a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};

const mcp = { type: "mcp", server_label: "demo", server_url: "https://mcp.example/mcp" };

const city = {
  type: "json_schema",
  name: "city",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  strict: true,
};

/** Requests whose answers are judged, whole and as a stream. */
const requests: Record<string, object> = {
  "a text": { input: "Say hi" },
  "many settings": {
    input: [{ role: "user", content: [{ type: "input_text", text: "Say hi" }] }],
    instructions: "Be brief.",
    temperature: 0.5,
    top_p: 0.9,
    metadata: { topic: "greetings" },
    user: "somebody",
    safety_identifier: "somebody",
    prompt_cache_key: "greetings",
    service_tier: "auto",
    truncation: "auto",
    max_output_tokens: 500,
    max_tool_calls: 3,
    parallel_tool_calls: false,
    text: { verbosity: "low" },
    store: false,
  },
  "a summary": {
    input: "Say hi",
    reasoning: { effort: "low", summary: "auto" },
    include: ["reasoning.encrypted_content"],
  },
  "a function call": { input: "The weather in Paris", tools: [weather], tool_choice: "required" },
  "an allowed tool": {
    input: "Say hi",
    tools: [weather],
    tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "get_weather" }] },
  },
  "a custom tool call": {
    input: "Say it",
    tools: [{ type: "custom", name: "say", description: "Says it." }],
    tool_choice: { type: "custom", name: "say" },
  },
  "a shell call": { input: "List the files", tools: [{ type: "shell" }], tool_choice: { type: "shell" } },
  "a local shell call": { input: "x", tools: [{ type: "local_shell" }], tool_choice: "required" },
  "a patch": { input: "Patch it", tools: [{ type: "apply_patch" }], tool_choice: { type: "apply_patch" } },
  "a search for tools": {
    input: "Find a tool",
    tools: [{ type: "tool_search", execution: "client", description: "Finds tools.", parameters: weather.parameters }],
    tool_choice: "required",
  },
  "JSON by a schema": { input: "A city", text: { format: city } },
  "a JSON object": { input: "A city", text: { format: { type: "json_object" } } },
  "an answer that is cut off": { input: "Say hi", max_output_tokens: 16 },
  "a hosted tool that is left out": {
    input: "Say hi",
    tools: [{ type: "code_interpreter", container: { type: "auto" } }],
  },
  "a web search": {
    input: "Search the web for how honeybees survive the winter.",
    tools: [{ type: "web_search", search_context_size: "low", filters: { allowed_domains: ["honeybees.example"] } }],
    include: ["web_search_call.action.sources", "web_search_call.results"],
  },
  "a page opened": { input: "Open the page https://rivers.example/rhine for me.", tools: [{ type: "web_search" }] },
  "a page that can't be opened": {
    input: "Open the page https://rivers.example/danube for me.",
    tools: [{ type: "web_search" }],
  },
  "an MCP call": { input: "Roll a dice.", tools: [{ ...mcp, require_approval: "never" }] },
  "an MCP call that has to be approved": {
    input: "Roll a dice.",
    tools: [mcp],
    tool_choice: { type: "mcp", server_label: "demo", name: "roll_dice" },
  },
  "an MCP server that is none": {
    input: "Say hi",
    tools: [{ ...mcp, server_label: "none", server_url: "https://rivers.example/mcp" }],
  },
  "an image": { input: "Draw an image of a bee", tools: [{ type: "image_generation" }] },
  "a context made short": {
    input: [
      { role: "user", content: "Write words." },
      { role: "assistant", content: "word ".repeat(1_500) },
      { role: "user", content: "And now?" },
    ],
    context_management: [{ type: "compaction", compact_threshold: 1_000 }],
  },
  "nothing to write": { input: "Say hi", generate: false },
  "a failure": { input: "[error 3040]" },
  "a failure within the stream": { input: "[error midstream]" },
};

describe("OpenAI's OpenAPI document, as the judge of the local server", () => {
  let dev: DevServer;
  const seen = new Map<string, number>();
  let judged = 0;

  beforeAll(async () => {
    dev = await startDev();
  });
  afterAll(() => dev?.stop());

  /** Judges a value; what is known is counted, the rest is returned. */
  function judge(name: string, value: unknown): string[] {
    judged += 1;
    return differences(name, value).filter((difference) => {
      const found = findKnown(difference);
      if (found !== undefined) seen.set(found, (seen.get(found) ?? 0) + 1);
      return found === undefined;
    });
  }

  function send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${dev.url}/openai/v1${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  /** Makes a call, holds its answer against the schema, or against that of errors, and gives the answer. */
  async function call(schema: string, [method, path, body]: [string, string, object?]): Promise<Answered> {
    const answer = await send(method, path, body);
    const value: unknown = await answer.json();
    const name = answer.ok ? schema : "ErrorResponse";
    expect([method, path, judge(name, value)]).toEqual([method, path, []]);
    return value as Answered;
  }

  it.each(Object.entries(requests))("accepts the answers to a request for %s", async (_title, request) => {
    await call("Response", ["POST", "/responses", request]);
    const stream = await (await send("POST", "/responses", { ...request, stream: true })).text();
    for (const [, data = ""] of stream.matchAll(/^data: (\{.*)$/gm)) {
      const event = JSON.parse(data) as { type: string };
      expect([event.type, judge("ResponseStreamEvent", event)]).toEqual([event.type, []]);
    }
  });

  it("accepts stored responses, background runs and refusals", async () => {
    const asked = { input: "The weather in Rome", tools: [weather], tool_choice: "required" };
    const first = await call("Response", ["POST", "/responses", asked]);
    const calls = first.output.filter(({ type }) => type === "function_call");
    const input = calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "sunny" }));
    const continued = { input, previous_response_id: first.id, tools: [weather] };
    const { id } = await call("Response", ["POST", "/responses", continued]);
    await call("Response", ["GET", `/responses/${id}`]);
    await call("ResponseItemList", ["GET", `/responses/${id}/input_items`]);
    await call("Response", ["POST", `/responses/${id}/cancel`]);

    const run = await call("Response", ["POST", "/responses", { input: "Say hi [slow]", background: true }]);
    await call("Response", ["GET", `/responses/${run.id}`]);
    await call("Response", ["POST", `/responses/${run.id}/cancel`]);

    await call("Response", ["GET", "/responses/resp_none"]);
    await call("Response", ["POST", "/responses", { input: 5 }]);
    await call("Response", ["POST", "/chat/completions", { messages: [] }]);
  });

  it("accepts what comes of an approval, and hosted items that are stored", async () => {
    for (const approve of [true, false]) {
      const asked = await call("Response", ["POST", "/responses", { input: "Roll a dice.", tools: [mcp] }]);
      const request = asked.output.find(({ type }) => type === "mcp_approval_request");
      const response = {
        type: "mcp_approval_response",
        approval_request_id: request?.id,
        approve,
        reason: "So be it.",
      };
      const input = [response];
      const continued = { input, previous_response_id: asked.id, tools: [mcp] };
      const { id, output } = await call("Response", ["POST", "/responses", continued]);
      expect(output.some(({ type }) => type === "mcp_call")).toBe(approve);
      await call("Response", ["GET", `/responses/${id}`]);
      await call("ResponseItemList", ["GET", `/responses/${id}/input_items`]);
    }
    const { id: conversation } = await call("ConversationResource", ["POST", "/conversations", {}]);
    for (const title of ["a web search", "an MCP call", "an image"]) {
      await call("Response", ["POST", "/responses", { ...requests[title], conversation }]);
    }
    const { data } = await call("ConversationItemList", ["GET", `/conversations/${conversation}/items`]);
    const types = new Set(data.map(({ type }) => type));
    expect([...types].toSorted()).toEqual([
      "image_generation_call",
      "mcp_call",
      "mcp_list_tools",
      "message",
      "reasoning",
      "web_search_call",
    ]);
    for (const item of data) await call("ConversationItem", ["GET", `/conversations/${conversation}/items/${item.id}`]);
  });

  it("accepts conversations and their items", async () => {
    const items = [{ role: "user", content: "Hello" }];
    const { id } = await call("ConversationResource", ["POST", "/conversations", { metadata: { a: "b" }, items }]);
    const path = `/conversations/${id}`;
    await call("ConversationResource", ["GET", path]);
    await call("ConversationResource", ["POST", path, { metadata: {} }]);
    const asked = { input: "The weather in Rome", tools: [weather], tool_choice: "required", conversation: id };
    const { output } = await call("Response", ["POST", "/responses", asked]);
    const answered = output.flatMap(({ type, call_id }) =>
      type === "function_call" ? [{ type: "function_call_output", call_id, output: "sunny" }] : [],
    );
    await call("ConversationItemList", ["POST", `${path}/items`, { items: [...items, ...answered] }]);
    const { data } = await call("ConversationItemList", ["GET", `${path}/items`]);
    expect(data.length).toBeGreaterThan(4);
    for (const item of data) await call("ConversationItem", ["GET", `${path}/items/${item.id}`]);
    await call("ConversationResource", ["DELETE", `${path}/items/${data[0]?.id}`]);
    await call("DeletedConversationResource", ["DELETE", path]);
  });

  it("accepts compactions, token counts and models", async () => {
    const input = [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hello." },
    ];
    await call("CompactResource", ["POST", "/responses/compact", { model: "gpt-oss-20b", input }]);
    await call("TokenCountsResource", ["POST", "/responses/input_tokens", { model: "gpt-oss-20b", input }]);
    await call("ListModelsResponse", ["GET", "/models"]);
    await call("Model", ["GET", "/models/gpt-oss-20b"]);
  });

  it("has seen everything that is known to differ", () => {
    expect([...seen.keys()].toSorted()).toEqual(Object.keys(knownDifferences).toSorted());
    expect(judged).toBeGreaterThan(700);
  });
});

/** What is read of the answers here. */
interface Answered {
  id: string;
  output: { id: string; type: string; call_id: string }[];
  data: { id: string; type: string }[];
}
