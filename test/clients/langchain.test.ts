import assert from "node:assert/strict";
import {
  AIMessage,
  type AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { APIError, BadRequestError } from "openai";
import { defineClient } from "./support/define-client.ts";
import * as fileScene from "./support/file-scene.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";
import * as toolsScene from "./support/tools-scene.ts";

const world = await startWorld({ hasTools: true });
const { upstream } = world;
const { model, settings, thinker } = await import("./snippets/langchain.ts");

const getWeather = tool(({ city }) => scenes.weather.answer(city), {
  name: scenes.weather.name,
  description: scenes.weather.description,
  schema: scenes.weather.schema,
});
const forecaster = model.bindTools([getWeather]);

/** Answers every call of a message, as a program's own loop does. */
async function callTools({ tool_calls = [] }: AIMessage): Promise<ToolMessage[]> {
  const outputs = tool_calls.map(({ id = "", args }) =>
    getWeather
      .invoke(scenes.weather.schema.parse(args))
      .then((content) => new ToolMessage({ tool_call_id: id, content })),
  );
  return Promise.all(outputs);
}

/** Reads a stream as a program that shows it would, and adds its pieces up. */
async function collect(stream: AsyncIterable<AIMessageChunk>): Promise<{ whole: AIMessageChunk; texts: string[] }> {
  const chunks = await Array.fromAsync(stream);
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  return { whole, texts: chunks.map((chunk) => chunk.text).filter((text) => text !== "") };
}

function reasoningOf(message: AIMessage): unknown[] {
  return message.contentBlocks.filter(({ type }) => type === "reasoning").map(({ reasoning }) => reasoning);
}

defineClient(["@langchain/openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const message = await model.invoke([new SystemMessage("Be brief."), new HumanMessage("Say hello.")]);
    assert.equal(message.text, "Hello there.");
    const usage = message.usage_metadata as UsageMetadata | undefined;
    assert.deepEqual([usage?.input_tokens, usage?.output_tokens], [136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    for await (const chunk of await model.stream("Count.")) {
      if (chunk.text === "") continue;
      deltas.push(chunk.text);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    const question = new HumanMessage("Weather in Paris?");
    const first = await forecaster.invoke([question]);
    const second = await forecaster.invoke([question, first, ...(await callTools(first))]);
    assert.equal(second.text, "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    const question = new HumanMessage("Weather in Paris and Rome?");
    const { whole: first } = await collect(await forecaster.stream([question]));
    const second = await forecaster.invoke([question, first, ...(await callTools(first))]);
    assert.equal(second.text, "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  },

  "shell, apply_patch, tool_search": undefined,

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const geographer = model.withStructuredOutput(scenes.citySchema, { name: "city", method: "jsonSchema" });
    assert.deepEqual(await geographer.invoke("A city?"), scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const question = new HumanMessage("I am Ann.");
    const first = await model.invoke([question]);
    const second = await model.invoke([question, first, new HumanMessage("Who am I?")]);
    assert.equal(second.text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const { response_metadata: first } = await model.invoke("I am Ann.");
    const second = await model.invoke("Who am I?", { previous_response_id: String(first["id"]) });
    assert.equal(second.text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  // It has no setting for one.
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const brief = new ChatOpenAI({ ...settings, modelKwargs: { reasoning: { effort: "low" } } });
    const deltas: string[] = [];
    for await (const chunk of await brief.stream("2 + 2?")) {
      const said = reasoningOf(chunk)
        .map(String)
        .filter((text) => text !== "");
      deltas.push(...said);
      if (said.length > 0) gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    // The last chunk repeats the whole.
    assert.deepEqual(deltas, [...scenes.thoughts, scenes.sum.reasoning]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { whole } = await collect(await thinker.stream("2 + 2?"));
    assert.equal(whole.text, "Four.");
    assert.deepEqual(reasoningOf(whole), ["Two and two."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "a PDF and a PNG"() {
    fileScene.readFiles(upstream);
    const { report, dot } = fileScene;
    const message = await model.invoke([
      new HumanMessage({
        contentBlocks: [
          {
            type: "file",
            mimeType: report.mediaType,
            data: report.bytes.toString("base64"),
            metadata: { filename: report.name },
          },
          { type: "image", mimeType: dot.mediaType, data: dot.bytes.toString("base64") },
          { type: "text", text: fileScene.question },
        ],
      }),
    ]);
    assert.equal(message.text, fileScene.answer);
  },

  async "a web search"() {
    const { cited, page, query, twoRounds } = toolsScene;
    const searcher = model.bindTools([{ type: "web_search" }]);
    const question = "How do honeybees survive the winter?";
    const include = { include: ["web_search_call.action.sources" as const] };
    toolsScene.search(upstream);
    const whole = await searcher.invoke(question, include);
    toolsScene.assertSearched(upstream);
    toolsScene.search(upstream);
    const { whole: streamed } = await collect(await searcher.stream(question, include));
    for (const message of [whole, streamed]) {
      assert.equal(message.text, cited);
      const usage = message.usage_metadata as UsageMetadata | undefined;
      assert.deepEqual([usage?.input_tokens, usage?.output_tokens], twoRounds);
      const [call] = message.additional_kwargs["tool_outputs"] as [Record<string, unknown>];
      assert.deepEqual(
        [call["type"], call["action"]],
        ["web_search_call", { type: "search", query, queries: [query], sources: [{ type: "url", url: page.url }] }],
      );
      const texts = message.contentBlocks.filter((block) => block.type === "text");
      assert(JSON.stringify(texts).includes(page.title), JSON.stringify(texts));
    }
  },

  async "an MCP call, approved"() {
    const { server, sum, summed } = toolsScene;
    const adder = model.bindTools([{ type: "mcp", server_label: server.label, server_url: server.url }]);
    toolsScene.callServer(upstream);
    const { whole: first } = await collect(await adder.stream("2 + 40?"));
    const outputs = first.additional_kwargs["tool_outputs"] as Record<string, unknown>[];
    const request = outputs.find(({ type }) => type === "mcp_approval_request");
    assert.equal(request?.["name"], sum.tool);
    const approval = { type: "mcp_approval_response", approval_request_id: request["id"], approve: true };
    const second = await adder.invoke([new HumanMessage({ content: [approval] })], {
      previous_response_id: String(first.response_metadata["id"]),
    });
    assert.equal(second.text, summed);
    toolsScene.assertCalled(upstream);
    const [call] = second.additional_kwargs["tool_outputs"] as [Record<string, unknown>];
    assert.deepEqual([call["type"], call["output"]], ["mcp_call", sum.output]);
  },

  async "an invalid request"() {
    const refused = new ChatOpenAI({ ...settings, modelKwargs: { reasoning: { effort: "enormous" } } });
    await assert.rejects(refused.invoke("2 + 2?"), (error) => {
      assert(error instanceof BadRequestError);
      assert.equal(error.message, `400 ${scenes.refusal.message}`);
      assert.deepEqual([error.type, error.param, error.code], scenes.refusal.fields);
      return true;
    });
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const message = await model.invoke("Hi.");
    assert.equal(message.text, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const message = await new ChatOpenAI({ ...settings, maxTokens: 16 }).invoke("Count.");
    assert.equal(message.text, "One two");
    const { status, incomplete_details: details } = message.response_metadata;
    assert.deepEqual([status, details], ["incomplete", { reason: "max_output_tokens" }]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { text } of await model.stream("Hi.")) if (text !== "") texts.push(text);
    })();
    await assert.rejects(reading, (error) => {
      assert(error instanceof APIError);
      assert.deepEqual([error.message, error.type, error.code], scenes.broken);
      return true;
    });
    assert.deepEqual(texts, ["Half"]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    for await (const { text } of await model.stream("Go on.")) if (text === "Word") break;
    await scenes.assertLeft(upstream);
  },
});
