import assert from "node:assert/strict";
import {
  type AssistantMessage,
  type Context,
  type Message,
  normalizeContext,
  type ToolCall,
  Type,
} from "@earendil-works/pi-ai";
import { type OpenAIResponsesOptions, stream as streamResponses } from "@earendil-works/pi-ai/api/openai-responses";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const { apiKey, model } = await import("./snippets/pi-ai.ts");

const tools = [
  {
    name: scenes.weather.name,
    description: scenes.weather.description,
    parameters: Type.Object({ city: Type.String() }),
  },
];

function stream(context: Context, options: OpenAIResponsesOptions = {}) {
  return streamResponses(model, normalizeContext(context), {
    apiKey,
    reasoningEffort: "low",
    maxRetries: 2,
    ...options,
  });
}

function complete(messages: Message[], options?: OpenAIResponsesOptions): Promise<AssistantMessage> {
  return stream({ messages, tools }, options).result();
}

function user(content: string): Message {
  return { role: "user", content, timestamp: 0 };
}

function textOf({ content }: AssistantMessage): string {
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function thinkingOf({ content }: AssistantMessage): string[] {
  return content.flatMap((part) => (part.type === "thinking" ? [part.thinking] : []));
}

/** Answers every call of the message, as a program's own loop does. */
function callTools({ content }: AssistantMessage): Message[] {
  return content
    .filter((part): part is ToolCall => part.type === "toolCall")
    .map(({ id, name, arguments: values }) => ({
      role: "toolResult",
      toolCallId: id,
      toolName: name,
      content: [{ type: "text", text: scenes.weather.answer(scenes.weather.schema.parse(values).city) }],
      isError: false,
      timestamp: 0,
    }));
}

/** Asks, runs the tools that are called, and asks again. */
async function runWithTools(question: string): Promise<AssistantMessage> {
  const asked = user(question);
  const first = await complete([asked]);
  assert.equal(first.stopReason, "toolUse");
  return complete([asked, first, ...callTools(first)]);
}

defineClient(["@earendil-works/pi-ai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const message = await stream({ systemPrompt: "Be brief.", messages: [user("Say hello.")] }).result();
    assert.equal(textOf(message), "Hello there.");
    assert.deepEqual([message.stopReason, message.usage.input, message.usage.output], ["stop", 136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    for await (const event of stream({ messages: [user("Count.")] })) {
      if (event.type !== "text_delta") continue;
      deltas.push(event.delta);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    assert.equal(textOf(await runWithTools("Weather in Paris?")), "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(textOf(await runWithTools("Weather in Paris and Rome?")), "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
  },

  "shell, apply_patch, tool_search": undefined,

  // pi-ai asks for objects by tools.
  "structured output": undefined,

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const question = user("I am Ann.");
    const first = await complete([question]);
    const second = await complete([question, first, user("Who am I?")]);
    assert.equal(textOf(second), "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  // pi-ai stores nothing elsewhere.
  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  // pi-ai asks for a summary whenever it asks for an effort.
  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const stream = streamResponses(model, normalizeContext({ messages: [user("2 + 2?")] }), { apiKey });
    const deltas: string[] = [];
    for await (const event of stream) {
      if (event.type !== "thinking_delta") continue;
      deltas.push(event.delta);
      gate.resolve(); // Upstream says no more until its first thought has arrived here.
    }
    assert.equal(deltas.join("").trim(), "Two and two.");
    assert.deepEqual(thinkingOf(await stream.result()), ["Two and two."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const deltas: string[] = [];
    for await (const event of stream({ messages: [user("2 + 2?")] }, { reasoningEffort: "high" })) {
      if (event.type === "thinking_delta") deltas.push(event.delta);
    }
    assert.equal(deltas.join("").trim(), "Two and two.");
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    const message = await complete([user("2 + 2?")], { samplingParams: { reasoning: { effort: "enormous" } } });
    assert.equal(message.stopReason, "error");
    const [type, param, code] = scenes.refusal.fields;
    const shown = JSON.stringify({ message: scenes.refusal.message, type, param, code });
    assert.equal(message.errorMessage, `workers-ai API error (400): ${shown}`);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    assert.equal(textOf(await complete([user("Hi.")])), "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const message = await complete([user("Count.")], { maxTokens: 16 });
    assert.deepEqual([textOf(message), message.stopReason], ["One two", "length"]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const message = await complete([user("Hi.")]);
    const [problem] = scenes.broken;
    assert.deepEqual([textOf(message), message.stopReason, message.errorMessage], ["Half", "error", problem]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    const leaving = new AbortController();
    for await (const event of stream({ messages: [user("Go on.")] }, { signal: leaving.signal })) {
      if (event.type === "text_delta") leaving.abort();
    }
    await scenes.assertLeft(upstream);
  },
});
