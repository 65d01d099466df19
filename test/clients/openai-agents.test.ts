import assert from "node:assert/strict";
import {
  Agent,
  type AgentInputItem,
  applyPatchTool,
  hostedMcpTool,
  type Editor,
  OpenAIConversationsSession,
  run,
  type Shell,
  shellTool,
  tool,
  webSearchTool,
} from "@openai/agents";
import { APIError, BadRequestError } from "openai";
import { defineClient } from "./support/define-client.ts";
import * as fileScene from "./support/file-scene.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation, readItems } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";
import * as toolsScene from "./support/tools-scene.ts";

const world = await startWorld({ hasTools: true });
const { upstream } = world;
await import("./snippets/openai-agents.ts");
const { overWebSocket } = await import("./snippets/openai-agents-websocket.ts");
const { client } = await import("./snippets/openai.ts");

const model = scenes.modelName;
const getWeather = tool({
  name: scenes.weather.name,
  description: scenes.weather.description,
  parameters: scenes.weather.schema,
  execute: ({ city }) => Promise.resolve(scenes.weather.answer(city)),
});
const talker = new Agent({ name: "Talker", instructions: "Be brief.", model });
const forecaster = new Agent({ name: "Forecaster", model, tools: [getWeather] });

defineClient(["@openai/agents"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { finalOutput, state } = await run(talker, "Say hello.");
    assert.equal(finalOutput, "Hello there.");
    assert.deepEqual([state.usage.inputTokens, state.usage.outputTokens], [136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const result = await run(talker, "Count.", { stream: true });
    const deltas: string[] = [];
    for await (const delta of result.toTextStream()) {
      deltas.push(delta);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    await result.completed;
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
    assert.equal(result.finalOutput, "One two three.");
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    const { finalOutput } = await run(forecaster, "Weather in Paris?");
    assert.equal(finalOutput, "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    const result = await run(forecaster, "Weather in Paris and Rome?", { stream: true });
    await result.completed;
    assert.equal(result.finalOutput, "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  },

  async "shell, apply_patch, tool_search"() {
    const shell: Shell = {
      run: ({ commands }) => {
        assert.deepEqual(commands, ["ls"]);
        return Promise.resolve({
          output: [{ stdout: "a.txt\n", stderr: "", outcome: { type: "exit", exitCode: 0 } }],
        });
      },
    };
    const done = { status: "completed", output: "Made." } as const;
    const editor: Editor = {
      createFile({ path, diff }) {
        assert.deepEqual([path, diff], ["b.txt", "+b"]);
        return Promise.resolve(done);
      },
      updateFile: () => Promise.resolve(),
      deleteFile: () => Promise.resolve(),
    };
    upstream.enqueue(
      answerWith({ reasoning: "Look.", calls: [{ name: "shell", arguments: { commands: ["ls"] } }] }),
      answerWith({
        calls: [{ name: "apply_patch", arguments: { type: "create_file", path: "b.txt", diff: "+b" } }],
      }),
      answerWith({ text: "Made b.txt." }),
    );
    const coder = new Agent({ name: "Coder", model, tools: [shellTool({ shell }), applyPatchTool({ editor })] });
    const { finalOutput } = await run(coder, "Make b.txt.");
    assert.equal(finalOutput, "Made b.txt.");
    assert.deepEqual(lastConversation(upstream), [
      "user: Make b.txt.",
      "assistant thinks: Look.",
      'assistant calls #1: shell {"commands":["ls"]}',
      "tool #1: Exit code 0\nOutput:\na.txt\n",
      'assistant calls #2: apply_patch {"type":"create_file","path":"b.txt","diff":"+b"}',
      "tool #2: The patch completed.\nMade.",
    ]);
  },

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const agent = new Agent({ name: "Geographer", model, outputType: scenes.citySchema });
    const { finalOutput } = await run(agent, "A city?");
    assert.deepEqual(finalOutput, scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await run(talker, "I am Ann.");
    const input: AgentInputItem[] = [...first.history, { role: "user", content: "Who am I?" }];
    const second = await run(talker, input);
    assert.equal(second.finalOutput, "Ann.");
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", ...scenes.secondTurn]);
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const { lastResponseId = "" } = await run(talker, "I am Ann.");
    const { finalOutput } = await run(talker, "Who am I?", { previousResponseId: lastResponseId });
    assert.equal(finalOutput, "Ann.");
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", ...scenes.secondTurn]);
  },

  // With an id the Worker keeps each turn; with a session the client does, and sends the model all of them.
  async "multi-turn, conversation"() {
    const { id: conversationId } = await client.conversations.create();
    const session = new OpenAIConversationsSession();
    for (const options of [{ conversationId }, { session }]) {
      upstream.enqueue(
        answerWith({ reasoning: "A name.", text: "Hello Ann." }),
        answerWith({ reasoning: "Easy.", text: "Ann." }),
      );
      await run(talker, "I am Ann.", options);
      const { finalOutput } = await run(talker, "Who am I?", options);
      assert.equal(finalOutput, "Ann.");
      assert.deepEqual(lastConversation(upstream), ["system: Be brief.", ...scenes.secondTurn]);
    }
    for (const id of [conversationId, await session.getSessionId()]) {
      const items = await Array.fromAsync(client.conversations.items.list(id, { order: "asc" }));
      assert.deepEqual(readItems(items), scenes.twoTurns);
    }
  },

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const agent = new Agent({ name: "Adder", model, modelSettings: { reasoning: { effort: "low" } } });
    const result = await run(agent, "2 + 2?", { stream: true });
    const deltas: string[] = [];
    for await (const { type, ...event } of result) {
      if (type !== "raw_model_stream_event" || !("data" in event) || event.data.type !== "model") continue;
      const { event: raw } = event.data as { event: { type: string; delta: string } };
      if (raw.type !== "response.reasoning_summary_text.delta") continue;
      deltas.push(raw.delta);
      gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    assert.deepEqual(deltas, scenes.thoughts);
    assert.equal(result.finalOutput, "Four.");
    const [item] = result.newItems;
    assert(item?.type === "reasoning_item");
    assert.equal(item.rawItem.content[0]?.text, "Two and two.");
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const agent = new Agent({
      name: "Adder",
      model,
      modelSettings: { reasoning: { effort: "high", summary: "auto" } },
    });
    const result = await run(agent, "2 + 2?", { stream: true });
    await result.completed;
    assert.equal(result.finalOutput, "Four.");
    const [item] = result.newItems;
    assert(item?.type === "reasoning_item");
    assert.deepEqual(
      item.rawItem.content.map(({ text }) => text),
      ["Two and two."],
    );
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "a PDF and a PNG"() {
    fileScene.readFiles(upstream);
    const { report, dot, toDataUrl } = fileScene;
    const { finalOutput } = await run(talker, [
      {
        role: "user",
        content: [
          { type: "input_file", file: toDataUrl(report), filename: report.name },
          { type: "input_image", image: toDataUrl(dot) },
          { type: "input_text", text: fileScene.question },
        ],
      },
    ]);
    assert.equal(finalOutput, fileScene.answer);
  },

  async "a web search"() {
    const searcher = new Agent({
      name: "Searcher",
      model,
      tools: [webSearchTool()],
      modelSettings: { providerData: { include: ["web_search_call.action.sources"] } },
    });
    for (const stream of [false, true]) {
      upstream.clear();
      toolsScene.search(upstream);
      const question = "How do honeybees survive the winter?";
      const result = await (stream ? run(searcher, question, { stream: true }) : run(searcher, question));
      if ("completed" in result) await result.completed;
      assert.equal(result.finalOutput, toolsScene.cited);
      toolsScene.assertSearched(upstream);
      assert.deepEqual([result.state.usage.inputTokens, result.state.usage.outputTokens], toolsScene.twoRounds);
      const [, call, message] = result.newItems;
      assert(call?.type === "tool_call_item" && call.rawItem.type === "hosted_tool_call");
      const { name, status, providerData } = call.rawItem;
      assert.deepEqual([name, status], ["web_search_call", "completed"]);
      assert.deepEqual(providerData?.["action"].sources, [{ type: "url", url: toolsScene.page.url }]);
      assert(message?.type === "message_output_item");
      const [part] = message.rawItem.content;
      assert.equal(part?.providerData?.["annotations"][0].url, toolsScene.page.url);
    }
  },

  async "an MCP call, approved"() {
    const { server, sum, summed, twoRounds } = toolsScene;
    const mcp = hostedMcpTool({ serverLabel: server.label, serverUrl: server.url, requireApproval: "always" });
    const adder = new Agent({ name: "Adder", model, tools: [mcp] });
    for (const stream of [false, true]) {
      upstream.clear();
      toolsScene.callServer(upstream);
      const first = await (stream ? run(adder, "2 + 40?", { stream: true }) : run(adder, "2 + 40?"));
      if ("completed" in first) await first.completed;
      const [interruption] = first.interruptions;
      assert(interruption?.rawItem.type === "hosted_tool_call");
      assert.deepEqual(JSON.parse(interruption.rawItem.providerData?.["arguments"]), sum.arguments);
      first.state.approve(interruption);
      const second = await (stream ? run(adder, first.state, { stream: true }) : run(adder, first.state));
      if ("completed" in second) await second.completed;
      assert.equal(second.finalOutput, summed);
      toolsScene.assertCalled(upstream);
      assert.deepEqual([second.state.usage.inputTokens, second.state.usage.outputTokens], twoRounds);
      const call = second.newItems
        .map(({ rawItem }) => rawItem)
        .find((item) => item?.type === "hosted_tool_call" && item.name === "mcp_call");
      assert(call?.type === "hosted_tool_call");
      assert.deepEqual([call.status, call.output], ["completed", sum.output]);
    }
  },

  async "an invalid request"() {
    const agent = new Agent({
      name: "Adder",
      model,
      modelSettings: { reasoning: { effort: "enormous" as "high" } },
    });
    await assert.rejects(run(agent, "2 + 2?"), (error) => {
      assert(error instanceof BadRequestError);
      assert.equal(error.message, `400 ${scenes.refusal.message}`);
      assert.deepEqual([error.type, error.param, error.code], scenes.refusal.fields);
      return true;
    });
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { finalOutput } = await run(talker, "Hi.");
    assert.equal(finalOutput, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const agent = new Agent({ name: "Counter", model, modelSettings: { maxTokens: 16 } });
    await assert.rejects(run(agent, "Count."), {
      message: 'OpenAI Responses request ended with unsuccessful terminal state "response.incomplete".',
    });
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const deltas: string[] = [];
    const result = await run(talker, "Hi.", { stream: true });
    await assert.rejects(
      Array.fromAsync(result.toTextStream(), (delta) => deltas.push(delta)),
      (error) => {
        assert(error instanceof APIError);
        assert.deepEqual([error.message, error.type, error.code], scenes.broken);
        return true;
      },
    );
    assert.deepEqual(deltas, ["Half"]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    const leaving = new AbortController();
    const result = await run(talker, "Go on.", { stream: true, signal: leaving.signal });
    const deltas: string[] = [];
    for await (const delta of result.toTextStream()) {
      deltas.push(delta);
      leaving.abort();
    }
    assert.equal(deltas[0], "Word");
    await scenes.assertLeft(upstream);
  },

  "over a WebSocket": scenes.overWebSocket(world, 1, async () => {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    await overWebSocket(async (session) => {
      const result = await session.run(talker, "Count.", { stream: true });
      const deltas: string[] = [];
      for await (const delta of result.toTextStream()) {
        deltas.push(delta);
        gate.resolve(); // Upstream says no more until the first delta has arrived here.
      }
      await result.completed;
      assert.deepEqual(deltas, ["One", " two", " three", "."]);
    });
  }),

  "over a WebSocket, tool calls": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    const { finalOutput } = await overWebSocket((session) => session.run(forecaster, "Weather in Paris and Rome?"));
    assert.equal(finalOutput, "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  }),

  "over a WebSocket, multi-turn": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const unstored = new Agent({ name: "Talker", model, modelSettings: { store: false } });
    await overWebSocket(async (session) => {
      const { lastResponseId = "" } = await session.run(unstored, "I am Ann.");
      const { finalOutput } = await session.run(unstored, "Who am I?", { previousResponseId: lastResponseId });
      assert.equal(finalOutput, "Ann.");
    });
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  }),
});
