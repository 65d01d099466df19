import assert from "node:assert/strict";
import type { ChatMessage } from "@llamaindex/core/llms";
import { FunctionTool } from "@llamaindex/core/tools";
import { openaiResponses } from "@llamaindex/openai";
import * as z from "zod";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const { llm, settings } = await import("./snippets/llamaindex.ts");

const weather = FunctionTool.from(({ city }: { city: string }) => scenes.weather.answer(city), {
  name: scenes.weather.name,
  description: scenes.weather.description,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
});

function user(content: string): ChatMessage {
  return { role: "user", content };
}

/** LlamaIndex leaves `reasoning` out for models that it does not know by name. */
function think(reasoning: Record<string, string>) {
  return llm.chat({ messages: [user("2 + 2?")], additionalChatOptions: { reasoning } as object });
}

/** Asks, runs the tools that are called, and asks again. */
async function runWithTools(question: string): Promise<unknown> {
  const asked = user(question);
  const { newMessages, toolCalls } = await llm.exec({ messages: [asked], tools: [weather] });
  assert(toolCalls.length > 0);
  const { message } = await llm.chat({ messages: [asked, ...newMessages], tools: [weather] });
  return message.content;
}

defineClient(["@llamaindex/openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { message } = await llm.chat({ messages: [{ role: "system", content: "Be brief." }, user("Say hello.")] });
    assert.equal(message.content, "Hello there.");
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    for await (const { delta, raw } of await llm.chat({ messages: [user("Count.")], stream: true })) {
      // LlamaIndex repeats the last delta with each event that has none.
      if ((raw as { type: string }).type !== "response.output_text.delta") continue;
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
    assert.equal(await runWithTools("Weather in Paris?"), "Sunny in Paris.");
    // LlamaIndex keeps no reasoning.
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip.toSpliced(1, 1));
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(await runWithTools("Weather in Paris and Rome?"), "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips.toSpliced(1, 1));
  },

  "shell, apply_patch, tool_search": undefined,

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const format = { type: "json_schema", name: "city", schema: z.toJSONSchema(scenes.citySchema), strict: true };
    const { message } = await llm.chat({
      messages: [user("A city?")],
      additionalChatOptions: { text: { format } } as object,
    });
    assert.deepEqual(JSON.parse(String(message.content)), scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const question = user("I am Ann.");
    const first = await llm.chat({ messages: [question] });
    const answer: ChatMessage = { role: "assistant", content: first.message.content };
    const { message } = await llm.chat({ messages: [question, answer, user("Who am I?")] });
    assert.equal(message.content, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn.toSpliced(1, 1));
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const tracking = openaiResponses({ ...settings, store: true, trackPreviousResponses: true });
    await Array.fromAsync(await tracking.chat({ messages: [user("I am Ann.")], stream: true }));
    const { message } = await tracking.chat({ messages: [user("Who am I?")] });
    assert.equal(message.content, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  "multi-turn, conversation": undefined,

  // LlamaIndex shows no reasoning but in the raw answer, at its end.
  "reasoning, no summary asked": undefined,

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { message, raw } = await think({ effort: "high", summary: "auto" });
    assert.equal(message.content, "Four.");
    const [reasoning] = (raw as { output: { summary: unknown }[] }).output;
    assert.deepEqual(reasoning?.summary, [{ type: "summary_text", text: "Two and two." }]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    await assert.rejects(think({ effort: "enormous" }), (error) => {
      assert(error instanceof Error && "status" in error && "error" in error);
      const { message, type, param, code } = error.error as Record<string, unknown>;
      assert.deepEqual(
        [error.status, message, [type, param, code]],
        [400, scenes.refusal.message, scenes.refusal.fields],
      );
      return true;
    });
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { message } = await llm.chat({ messages: [user("Hi.")] });
    assert.equal(message.content, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const short = openaiResponses({ ...settings, maxOutputTokens: 16 });
    const { message, raw } = await short.chat({ messages: [user("Count.")] });
    assert.equal(message.content, "One two");
    assert.equal((raw as { status: string }).status, "incomplete");
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const reading = Array.fromAsync(await llm.chat({ messages: [user("Hi.")], stream: true }));
    await assert.rejects(reading, { message: scenes.broken[0], type: scenes.broken[1], code: scenes.broken[2] });
  },

  // LlamaIndex takes no signal, and reads on when its reader stops.
  "client leaves mid-stream": undefined,
});
