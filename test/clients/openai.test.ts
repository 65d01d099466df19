import assert from "node:assert/strict";
import { APIError, APIUserAbortError, BadRequestError } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import type {
  FunctionTool,
  Response,
  ResponseInputItem,
  ResponseOutputItem,
  ResponsesClientEvent,
  ResponsesServerEvent,
  Tool,
} from "openai/resources/responses/responses";
import * as z from "zod";
import { defineClient } from "./support/define-client.ts";
import * as fileScene from "./support/file-scene.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation, readItems } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";
import * as toolsScene from "./support/tools-scene.ts";

const world = await startWorld({ hasTools: true });
const { upstream } = world;
const { client } = await import("./snippets/openai.ts");
const { connect } = await import("./snippets/openai-websocket.ts");

const model = scenes.modelName;
const tools: FunctionTool[] = [
  {
    type: "function",
    name: scenes.weather.name,
    description: scenes.weather.description,
    parameters: z.toJSONSchema(scenes.weather.schema),
    strict: true,
  },
];

/** The documented way to go on: output items are input items. One that this Worker never sends has two types. */
function replay(items: ResponseOutputItem[]): ResponseInputItem[] {
  return items as ResponseInputItem[];
}

/** Answers every call among the items, as a program's own loop does. */
function callTools(items: ResponseOutputItem[]): ResponseInputItem[] {
  return items
    .filter((item) => item.type === "function_call")
    .map(({ call_id, arguments: text }) => ({
      type: "function_call_output",
      call_id,
      output: scenes.weather.answer(scenes.weather.schema.parse(JSON.parse(text)).city),
    }));
}

/** Opens a WebSocket, and hands `work` what asks for a response over it and gives its events. */
async function withSocket(work: (ask: (create: Create) => Promise<ResponsesServerEvent[]>) => Promise<void>) {
  const socket = connect();
  const messages = socket.stream();
  try {
    await work(async (create) => {
      socket.send({ type: "response.create", ...create });
      const events: ResponsesServerEvent[] = [];
      for (;;) {
        const { value } = await messages.next();
        if (value?.type === "error") throw value.error;
        if (value?.type !== "message") continue;
        events.push(value.message);
        if (/^response\.(?:completed|incomplete|failed)$/.test(value.message.type)) return events;
      }
    });
  } finally {
    socket.close();
  }
}

type Create = Omit<Extract<ResponsesClientEvent, { type: "response.create" }>, "type">;

function responseOf(events: ResponsesServerEvent[]): Response {
  const last = events.at(-1);
  assert(last?.type === "response.completed");
  return last.response;
}

function textOf({ output }: Response): string {
  const parts = output.flatMap((item) => (item.type === "message" ? item.content : []));
  return parts.map((part) => (part.type === "output_text" ? part.text : "")).join("");
}

defineClient(["openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const response = await client.responses.create({ model, instructions: "Be brief.", input: "Say hello." });
    assert.equal(response.output_text, "Hello there.");
    assert.equal(response.status, "completed");
    assert.deepEqual([response.usage?.input_tokens, response.usage?.output_tokens], [136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const stream = client.responses.stream({ model, input: "Count." });
    const deltas: string[] = [];
    for await (const event of stream) {
      if (event.type !== "response.output_text.delta") continue;
      deltas.push(event.delta);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
    const response = await stream.finalResponse();
    assert.deepEqual([response.status, response.output_text], ["completed", "One two three."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    const input: ResponseInputItem[] = [{ role: "user", content: "Weather in Paris?" }];
    const first = await client.responses.create({ model, input, tools });
    input.push(...replay(first.output), ...callTools(first.output));
    const second = await client.responses.create({ model, input, tools });
    assert.equal(second.output_text, "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    const input: ResponseInputItem[] = [{ role: "user", content: "Weather in Paris and Rome?" }];
    const first = await client.responses.stream({ model, input, tools }).finalResponse();
    input.push(...replay(first.output), ...callTools(first.output));
    const second = await client.responses.stream({ model, input, tools }).finalResponse();
    assert.equal(second.output_text, "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  },

  async "shell, apply_patch, tool_search"() {
    const own: Tool[] = [
      { type: "shell", environment: { type: "local" } },
      { type: "apply_patch" },
      { type: "tool_search", execution: "client", description: "Finds tools.", parameters: { type: "object" } },
    ];
    upstream.enqueue(
      answerWith({
        reasoning: "All three.",
        calls: [
          { name: "shell", arguments: { commands: ["ls"] } },
          { name: "apply_patch", arguments: { type: "delete_file", path: "a.txt" } },
          { name: "tool_search", arguments: { query: "weather" } },
        ],
      }),
      answerWith({ text: "Done." }),
    );
    const first = await client.responses.stream({ model, input: "Go.", tools: own }).finalResponse();
    const outputs = first.output.flatMap((item): ResponseInputItem[] => {
      switch (item.type) {
        case "shell_call": {
          assert.deepEqual(item.action.commands, ["ls"]);
          const output = [{ stdout: "a.txt", stderr: "", outcome: { type: "exit" as const, exit_code: 0 } }];
          return [{ type: "shell_call_output", call_id: item.call_id, output }];
        }
        case "apply_patch_call":
          assert.deepEqual(item.operation, { type: "delete_file", path: "a.txt" });
          return [{ type: "apply_patch_call_output", call_id: item.call_id, status: "completed" }];
        case "tool_search_call":
          assert.deepEqual(item.arguments, { query: "weather" });
          return [{ type: "tool_search_output", call_id: item.call_id, execution: "client", tools }];
        default:
          return [];
      }
    });
    const input = [{ role: "user" as const, content: "Go." }, ...replay(first.output), ...outputs];
    const { output_text } = await client.responses.create({ model, input, tools: own });
    assert.equal(output_text, "Done.");
    assert.deepEqual(lastConversation(upstream), [
      "user: Go.",
      "assistant thinks: All three.",
      'assistant calls #1: shell {"commands":["ls"]}',
      'assistant calls #2: apply_patch {"type":"delete_file","path":"a.txt"}',
      'assistant calls #3: tool_search {"query":"weather"}',
      "tool #1: Exit code 0\nOutput:\na.txt",
      "tool #2: The patch completed.",
      "tool #3: Found, and can be called now: get_weather.",
    ]);
    const offered = inputsOf(upstream)[1]?.["tools"] as { function: { name: string } }[];
    assert.deepEqual(
      offered.map((tool) => tool.function.name),
      ["shell", "apply_patch", "tool_search", "get_weather"],
    );
  },

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const response = await client.responses.parse({
      model,
      input: "A city?",
      text: { format: zodTextFormat(scenes.citySchema, "city") },
    });
    assert.deepEqual(response.output_parsed, scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const input: ResponseInputItem[] = [{ role: "user", content: "I am Ann." }];
    const first = await client.responses.create({ model, input });
    input.push(...replay(first.output), { role: "user", content: "Who am I?" });
    const second = await client.responses.create({ model, input });
    assert.equal(second.output_text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await client.responses.stream({ model, input: "I am Ann." }).finalResponse();
    const second = await client.responses.create({ model, input: "Who am I?", previous_response_id: first.id });
    assert.deepEqual([second.output_text, second.previous_response_id], ["Ann.", first.id]);
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    const { id, output } = await client.responses.retrieve(second.id);
    assert.deepEqual([id, output], [second.id, second.output]);
  },

  async "multi-turn, conversation"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const { id } = await client.conversations.create();
    await client.responses.stream({ model, input: "I am Ann.", conversation: id }).finalResponse();
    const second = await client.responses.create({ model, input: "Who am I?", conversation: id });
    assert.deepEqual([second.output_text, second.conversation], ["Ann.", { id }]);
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    const items = await Array.fromAsync(client.conversations.items.list(id, { order: "asc" }));
    assert.deepEqual(readItems(items), scenes.twoTurns);
  },

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const stream = client.responses.stream({ model, input: "2 + 2?", reasoning: { effort: "low" } });
    const deltas: string[] = [];
    for await (const event of stream) {
      if (event.type !== "response.reasoning_summary_text.delta") continue;
      deltas.push(event.delta);
      gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    assert.deepEqual(deltas, scenes.thoughts);
    const { output, output_text } = await stream.finalResponse();
    assert.equal(output_text, "Four.");
    const [item] = output;
    assert(item?.type === "reasoning");
    assert.deepEqual(item.summary, [{ type: "summary_text", text: "Two and two." }]);
    assert.deepEqual(item.content, [{ type: "reasoning_text", text: "Two and two." }]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const stream = client.responses.stream({ model, input: "2 + 2?", reasoning: { effort: "high", summary: "auto" } });
    const summary: string[] = [];
    stream.on("response.reasoning_summary_text.delta", ({ delta }) => summary.push(delta));
    const { output } = await stream.finalResponse();
    assert.deepEqual(summary, ["Two", " and", " two", "."]);
    const [item] = output;
    assert(item?.type === "reasoning");
    assert.deepEqual(item.summary, [{ type: "summary_text", text: "Two and two." }]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "a PDF and a PNG"() {
    fileScene.readFiles(upstream);
    const { report, dot, toDataUrl } = fileScene;
    const input: ResponseInputItem[] = [
      {
        role: "user",
        content: [
          { type: "input_file", filename: report.name, file_data: toDataUrl(report) },
          { type: "input_image", image_url: toDataUrl(dot), detail: "auto" },
          { type: "input_text", text: fileScene.question },
        ],
      },
    ];
    const response = await client.responses.create({ model, input });
    assert.equal(response.output_text, fileScene.answer);
    fileScene.readFiles(upstream);
    const stream = client.responses.stream({ model, input });
    assert.equal((await stream.finalResponse()).output_text, fileScene.answer);
  },

  async "a web search"() {
    toolsScene.search(upstream);
    const request = {
      model,
      input: "How do honeybees survive the winter?",
      tools: [{ type: "web_search" as const }],
      include: ["web_search_call.action.sources" as const],
    };
    const stream = client.responses.stream(request);
    const types: string[] = [];
    for await (const { type } of stream) if (type.startsWith("response.web_search_call")) types.push(type);
    assert.deepEqual(types, [
      "response.web_search_call.in_progress",
      "response.web_search_call.searching",
      "response.web_search_call.completed",
    ]);
    const streamed = await stream.finalResponse();
    toolsScene.assertSearched(upstream);
    toolsScene.search(upstream);
    const whole = await client.responses.create(request);
    for (const { output, output_text: text, usage } of [streamed, whole]) {
      assert.deepEqual([text, usage?.input_tokens, usage?.output_tokens], [toolsScene.cited, ...toolsScene.twoRounds]);
      assert.deepEqual(
        output.map(({ type }) => type),
        ["reasoning", "web_search_call", "message"],
      );
      const { page, query } = toolsScene;
      const [, call, message] = output;
      assert(call?.type === "web_search_call" && message?.type === "message");
      assert.deepEqual(
        [call.status, call.action],
        ["completed", { type: "search", query, queries: [query], sources: [{ type: "url", url: page.url }] }],
      );
      const [part] = message.content;
      assert(part?.type === "output_text");
      const [citation] = part.annotations;
      assert(citation?.type === "url_citation");
      assert.deepEqual([citation.url, citation.title], [page.url, page.title]);
    }
  },

  async "an MCP call, approved"() {
    const { server, sum, summed, twoRounds } = toolsScene;
    const tools: Tool[] = [{ type: "mcp", server_label: server.label, server_url: server.url }];
    toolsScene.callServer(upstream);
    const first = await client.responses.stream({ model, input: "2 + 40?", tools }).finalResponse();
    const [listing, , request] = first.output;
    assert(listing?.type === "mcp_list_tools" && request?.type === "mcp_approval_request");
    assert(listing.tools.some(({ name }) => name === sum.tool));
    assert.deepEqual([request.name, JSON.parse(request.arguments)], [sum.tool, sum.arguments]);
    const second = await client.responses
      .stream({
        model,
        previous_response_id: first.id,
        input: [{ type: "mcp_approval_response", approval_request_id: request.id, approve: true }],
        tools,
      })
      .finalResponse();
    const [call] = second.output;
    assert(call?.type === "mcp_call");
    assert.deepEqual(
      [call.status, call.output, call.approval_request_id, second.output_text],
      ["completed", sum.output, request.id, summed],
    );
    const [input = 0, output = 0] = twoRounds;
    assert.deepEqual([second.usage?.input_tokens, second.usage?.output_tokens], [input / 2, output / 2]);
    toolsScene.assertCalled(upstream);
  },

  async "an invalid request"() {
    const refused = client.responses.create({ model, input: "2 + 2?", reasoning: { effort: "enormous" as "high" } });
    await assert.rejects(refused, (error) => {
      assert(error instanceof BadRequestError);
      assert.equal(error.message, `400 ${scenes.refusal.message}`);
      assert.deepEqual([error.type, error.param, error.code], scenes.refusal.fields);
      return true;
    });
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const response = await client.responses.create({ model, input: "Hi." });
    assert.equal(response.output_text, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const response = await client.responses.create({ model, input: "Count.", max_output_tokens: 16 });
    assert.equal(response.output_text, "One two");
    assert.deepEqual([response.status, response.incomplete_details], ["incomplete", { reason: "max_output_tokens" }]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const deltas: string[] = [];
    const stream = client.responses.stream({ model, input: "Hi." });
    stream.on("response.output_text.delta", ({ delta }) => deltas.push(delta));
    await assert.rejects(stream.finalResponse(), (error) => {
      assert(error instanceof APIError);
      assert.deepEqual([error.message, error.type, error.code], scenes.broken);
      return true;
    });
    assert.deepEqual(deltas, ["Half"]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    const stream = client.responses.stream({ model, input: "Go on." });
    stream.on("response.output_text.delta", () => stream.abort());
    await assert.rejects(stream.finalResponse(), APIUserAbortError);
    await scenes.assertLeft(upstream);
  },

  "over a WebSocket": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three." }));
    await withSocket(async (ask) => {
      const events = await ask({ model, input: "Count." });
      const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
      assert.deepEqual(deltas, ["One", " two", " three", "."]);
      assert.equal(textOf(responseOf(events)), "One two three.");
      const refused = ask({ model, input: "2 + 2?", reasoning: { effort: "enormous" as "high" } });
      await assert.rejects(refused, (error) => {
        assert(error instanceof Error && error.message.includes(scenes.refusal.message), String(error));
        return true;
      });
    });
  }),

  "over a WebSocket, tool calls": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    await withSocket(async (ask) => {
      const first = responseOf(await ask({ model, tools, store: false, input: "Weather in Paris and Rome?" }));
      const input = callTools(first.output);
      const second = await ask({ model, tools, store: false, input, previous_response_id: first.id });
      assert.equal(textOf(responseOf(second)), "Sunny in both.");
    });
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  }),

  "over a WebSocket, multi-turn": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    await withSocket(async (ask) => {
      const first = responseOf(await ask({ model, store: false, input: "I am Ann." }));
      const second = await ask({ model, store: false, input: "Who am I?", previous_response_id: first.id });
      assert.equal(textOf(responseOf(second)), "Ann.");
    });
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  }),
});
