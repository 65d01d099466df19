import assert from "node:assert/strict";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { createTool } from "@mastra/core/tools";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const { agent: helper, model } = await import("./snippets/mastra.ts");

const tools = {
  [scenes.weather.name]: createTool({
    id: scenes.weather.name,
    description: scenes.weather.description,
    inputSchema: scenes.weather.schema,
    execute: async ({ city }) => scenes.weather.answer(city),
  }),
};
const mastra = new Mastra({
  agents: {
    helper,
    forecaster: new Agent({ id: "forecaster", name: "Forecaster", instructions: "Be brief.", model, tools }),
  },
  logger: false,
});
const agent = mastra.getAgent("helper");
const forecaster = mastra.getAgent("forecaster");

/** Upstream's conversation after the agent's instructions. */
function conversation(): string[] {
  const [instructions, ...rest] = lastConversation(upstream);
  assert.equal(instructions, "system: Be brief.");
  return rest;
}

/** `forceReasoning` sends `reasoning` to a model that the AI SDK does not know by name. */
function openai(options: Record<string, string>) {
  return { openai: { forceReasoning: true, ...options } };
}

defineClient(["@mastra/core"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { text, usage, finishReason } = await agent.generate("Say hello.");
    assert.equal(text, "Hello there.");
    assert.deepEqual([finishReason, usage.inputTokens, usage.outputTokens], ["stop", 136, 37]);
    assert.deepEqual(conversation(), ["user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    const { textStream } = await agent.stream("Count.");
    for await (const delta of textStream) {
      deltas.push(delta);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    const { text } = await forecaster.generate("Weather in Paris?");
    assert.equal(text, "Sunny in Paris.");
    assert.deepEqual(conversation(), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    const { text } = await forecaster.generate("Weather in Paris and Rome?");
    assert.equal(text, "Sunny in both.");
    assert.deepEqual(conversation(), scenes.twoRoundTrips);
  },

  "shell, apply_patch, tool_search": undefined,

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const { object } = await agent.generate("A city?", { structuredOutput: { schema: scenes.citySchema } });
    assert.deepEqual(object, scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await agent.generate("I am Ann.");
    const { text } = await agent.generate([...first.messages, { role: "user", content: "Who am I?" }]);
    assert.equal(text, "Ann.");
    assert.deepEqual(conversation(), scenes.secondTurn);
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await agent.generate("I am Ann.");
    const { responseId } = first.providerMetadata?.["openai"] ?? {};
    assert(typeof responseId === "string");
    const { text } = await agent.generate("Who am I?", {
      providerOptions: { openai: { previousResponseId: responseId } },
    });
    assert.equal(text, "Ann.");
    // Mastra writes its instructions into the input of each turn.
    const [question, ...answer] = scenes.secondTurn;
    assert.deepEqual(conversation(), [question, ...answer.slice(0, 2), "system: Be brief.", ...answer.slice(2)]);
  },

  // Its conversations are those of Mastra's own memory.
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const { fullStream } = await agent.stream("2 + 2?", { providerOptions: openai({ reasoningEffort: "low" }) });
    const deltas: string[] = [];
    for await (const chunk of fullStream) {
      if (chunk.type !== "reasoning-delta") continue;
      deltas.push(chunk.payload.text);
      gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    assert.deepEqual(deltas, scenes.thoughts);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { fullStream } = await agent.stream("2 + 2?", {
      providerOptions: openai({ reasoningEffort: "high", reasoningSummary: "auto" }),
    });
    const deltas: string[] = [];
    for await (const chunk of fullStream) if (chunk.type === "reasoning-delta") deltas.push(chunk.payload.text);
    assert.deepEqual(deltas, ["Two", " and", " two", "."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    await assert.rejects(
      agent.generate("2 + 2?", { providerOptions: openai({ reasoningEffort: "enormous" }) }),
      (error) => {
        assert(error instanceof Error && "statusCode" in error && "data" in error);
        assert.deepEqual([error.statusCode, error.message], [400, scenes.refusal.message]);
        const { error: shown } = error.data as { error: Record<string, unknown> };
        assert.deepEqual([shown["type"], shown["param"], shown["code"]], scenes.refusal.fields);
        return true;
      },
    );
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { text } = await agent.generate("Hi.", { modelSettings: { maxRetries: 2 } });
    assert.equal(text, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const { text, finishReason } = await agent.generate("Count.", { modelSettings: { maxOutputTokens: 16 } });
    assert.deepEqual([text, finishReason], ["One two", "length"]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const { fullStream } = await agent.stream("Hi.");
    const chunks = await Array.fromAsync(fullStream);
    const text = chunks.map((chunk) => (chunk.type === "text-delta" ? chunk.payload.text : "")).join("");
    const failure = chunks.find((chunk) => chunk.type === "error")?.payload.error;
    assert(failure instanceof Error && "error" in failure);
    const { message, type, code } = failure.error as Record<string, unknown>;
    assert.deepEqual([text, message, type, code], ["Half", ...scenes.broken]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    const leaving = new AbortController();
    const { textStream } = await agent.stream("Go on.", { abortSignal: leaving.signal });
    for await (const delta of textStream) {
      assert.equal(delta, "Word");
      leaving.abort();
    }
    await scenes.assertLeft(upstream);
  },
});
