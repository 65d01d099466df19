import assert from "node:assert/strict";
import { chat, type ModelMessage, toolDefinition } from "@tanstack/ai";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const { adapter } = await import("./snippets/tanstack-ai.ts");

const tools = [
  toolDefinition({
    name: scenes.weather.name,
    description: scenes.weather.description,
    inputSchema: scenes.weather.schema,
  }).server(({ city }) => scenes.weather.answer(city)),
];

interface Ask {
  messages?: ModelMessage[];
  options?: Record<string, unknown>;
  system?: string;
  abortController?: AbortController;
}

/** One run of the chat with its tools, as the events of the AG-UI protocol. */
function ask(question: string, { messages = [], options = {}, system, abortController }: Ask = {}) {
  return chat({
    adapter,
    messages: [...messages, { role: "user", content: question }],
    tools,
    modelOptions: options,
    ...(system !== undefined && { systemPrompts: [system] }),
    ...(abortController !== undefined && { abortController }),
  });
}

type Chunk = Record<string, unknown> & { type: string };

async function collect(chunks: AsyncIterable<{ type: string }>): Promise<Chunk[]> {
  return (await Array.fromAsync(chunks)) as Chunk[];
}

function deltas(chunks: Chunk[], type: string): unknown[] {
  return chunks.filter((chunk) => chunk.type === type).map((chunk) => chunk["delta"]);
}

function textOf(chunks: Chunk[]): string {
  return deltas(chunks, "TEXT_MESSAGE_CONTENT").join("");
}

/** The last event of the type. */
function find(chunks: Chunk[], type: string): Record<string, unknown> {
  return chunks.findLast((chunk) => chunk.type === type) ?? {};
}

defineClient(["@tanstack/ai", "@tanstack/ai-openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const chunks = await collect(ask("Say hello.", { system: "Be brief." }));
    assert.equal(textOf(chunks), "Hello there.");
    const { promptTokens, completionTokens } = find(chunks, "RUN_FINISHED")["usage"] as Record<string, unknown>;
    assert.deepEqual([promptTokens, completionTokens], [136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const seen: unknown[] = [];
    for await (const chunk of ask("Count.")) {
      if (chunk.type !== "TEXT_MESSAGE_CONTENT") continue;
      seen.push(chunk.delta);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(seen, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    assert.equal(textOf(await collect(ask("Weather in Paris?"))), "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(textOf(await collect(ask("Weather in Paris and Rome?"))), "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  },

  "shell, apply_patch, tool_search": undefined,

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const city = await chat({
      adapter,
      messages: [{ role: "user", content: "A city?" }],
      outputSchema: scenes.citySchema,
    });
    assert.deepEqual(city, scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const text = textOf(await collect(ask("I am Ann.")));
    const messages: ModelMessage[] = [
      { role: "user", content: "I am Ann." },
      { role: "assistant", content: text },
    ];
    assert.equal(textOf(await collect(ask("Who am I?", { messages }))), "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn.toSpliced(1, 1));
  },

  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const deltas: string[] = [];
    for await (const chunk of ask("2 + 2?", { options: { reasoning: { effort: "low" } } })) {
      if (chunk.type !== "REASONING_MESSAGE_CONTENT") continue;
      deltas.push(chunk.delta);
      gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    assert.deepEqual(deltas, scenes.thoughts);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const chunks = await collect(ask("2 + 2?", { options: { reasoning: { effort: "high", summary: "auto" } } }));
    assert.deepEqual(deltas(chunks, "REASONING_MESSAGE_CONTENT"), ["Two", " and", " two", "."]);
    assert.equal(textOf(chunks), "Four.");
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    const chunks = await collect(ask("2 + 2?", { options: { reasoning: { effort: "enormous" } } }));
    const { message, code } = find(chunks, "RUN_ERROR");
    assert.deepEqual([message, code], [`400 ${scenes.refusal.message}`, "invalid_value"]);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    assert.equal(textOf(await collect(ask("Hi."))), "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const chunks = await collect(ask("Count.", { options: { max_output_tokens: 16 } }));
    assert.equal(textOf(chunks), "One two");
    const { message, code } = find(chunks, "RUN_ERROR");
    assert.deepEqual([message, code], ["max_output_tokens", "incomplete"]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const chunks = await collect(ask("Hi."));
    assert.equal(textOf(chunks), "Half");
    const { message, code } = find(chunks, "RUN_ERROR");
    const [problem, , brokenCode] = scenes.broken;
    assert.deepEqual([message, code], [problem, brokenCode]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    const abortController = new AbortController();
    for await (const chunk of ask("Go on.", { abortController })) {
      if (chunk.type === "TEXT_MESSAGE_CONTENT") abortController.abort();
    }
    await scenes.assertLeft(upstream);
  },
});
