import assert from "node:assert/strict";
import { Chat, LanguageModel, Tool, Toolkit } from "@effect/ai";
import { OpenAiLanguageModel } from "@effect/ai-openai";
import { Effect, Schedule, Schema, Stream } from "effect";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const { layer } = await import("./snippets/effect.ts");

const weather = Tool.make("get_weather", {
  description: scenes.weather.description,
  parameters: { city: Schema.String },
  success: Schema.String,
});
const toolkit = Toolkit.make(weather);
const handlers = toolkit.toLayer({ get_weather: ({ city }) => Effect.succeed(scenes.weather.answer(city)) });

/** Runs a program with the model and its tools. */
function run<A, E>(program: Effect.Effect<A, E, LanguageModel.LanguageModel | Tool.HandlersFor<typeof toolkit.tools>>) {
  return Effect.runPromise(program.pipe(Effect.provide(handlers), Effect.provide(layer)));
}

/** The conversation as an Effect `Chat` sends it back: without reasoning, and what a tool gives as JSON. */
function asChatKeepsIt(conversation: string[]): string[] {
  return conversation
    .filter((line) => !line.startsWith("assistant thinks: "))
    .map((line) => line.replace(/^(tool #\d: )(.*)$/, (_, tool, text) => tool + JSON.stringify(text)));
}

/** Asks in a chat, which runs the tools that are called, and lets it go on. */
const runWithTools = (question: string) =>
  Effect.gen(function* () {
    const chat = yield* Chat.empty;
    const first = yield* chat.generateText({ prompt: question, toolkit });
    assert.equal(first.finishReason, "tool-calls");
    const { text } = yield* chat.generateText({ prompt: [], toolkit });
    return text;
  });

defineClient(["@effect/ai", "@effect/ai-openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { text, usage, finishReason } = await run(
      LanguageModel.generateText({
        prompt: [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "Say hello." }] },
        ],
      }),
    );
    assert.equal(text, "Hello there.");
    assert.deepEqual([finishReason, usage.inputTokens, usage.outputTokens], ["stop", 136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    await run(
      LanguageModel.streamText({ prompt: "Count." }).pipe(
        Stream.runForEach((part) =>
          Effect.sync(() => {
            if (part.type !== "text-delta") return;
            deltas.push(part.delta);
            gate.resolve(); // Upstream says no more until the first delta has arrived here.
          }),
        ),
      ),
    );
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
      answerWith({ text: "Sunny in Paris." }),
    );
    assert.equal(await run(runWithTools("Weather in Paris?")), "Sunny in Paris.");
    assert.deepEqual(lastConversation(upstream), asChatKeepsIt(scenes.oneRoundTrip));
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(await run(runWithTools("Weather in Paris and Rome?")), "Sunny in both.");
    assert.deepEqual(lastConversation(upstream), asChatKeepsIt(scenes.twoRoundTrips));
  },

  "shell, apply_patch, tool_search": undefined,

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const { value } = await run(
      LanguageModel.generateObject({
        prompt: "A city?",
        schema: Schema.Struct({ city: Schema.String, inhabitants: Schema.Number }),
        objectName: "city",
      }),
    );
    assert.deepEqual(value, scenes.city);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const { text } = await run(
      Effect.gen(function* () {
        const chat = yield* Chat.empty;
        yield* chat.generateText({ prompt: "I am Ann." });
        return yield* chat.generateText({ prompt: "Who am I?" });
      }),
    );
    assert.equal(text, "Ann.");
    assert.deepEqual(lastConversation(upstream), asChatKeepsIt(scenes.secondTurn));
  },

  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const deltas: string[] = [];
    await run(
      LanguageModel.streamText({ prompt: "2 + 2?" }).pipe(
        Stream.runForEach((part) =>
          Effect.sync(() => {
            if (part.type !== "reasoning-delta") return;
            deltas.push(part.delta);
            gate.resolve(); // Upstream says no more until its first thought has arrived here.
          }),
        ),
        OpenAiLanguageModel.withConfigOverride({ reasoning: { effort: "low" } }),
      ),
    );
    assert.deepEqual(deltas, scenes.thoughts);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { text, reasoningText } = await run(
      LanguageModel.generateText({ prompt: "2 + 2?" }).pipe(
        OpenAiLanguageModel.withConfigOverride({ reasoning: { effort: "high", summary: "auto" } }),
      ),
    );
    assert.deepEqual([text, reasoningText], ["Four.", "Two and two."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    const failure = await run(
      LanguageModel.generateText({ prompt: "2 + 2?" }).pipe(
        OpenAiLanguageModel.withConfigOverride({ max_output_tokens: 1 }),
        Effect.flip,
      ),
    );
    assert(failure._tag === "HttpResponseError");
    const [message, type, param, code] = [
      "The field `max_output_tokens` must be at least 16.",
      "invalid_request_error",
      "max_output_tokens",
      "invalid_value",
    ];
    assert.equal(failure.response.status, 400);
    assert.deepEqual(JSON.parse(failure.description ?? ""), { error: { message, type, param, code } });
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { text } = await run(LanguageModel.generateText({ prompt: "Hi." }).pipe(Effect.retry(Schedule.recurs(1))));
    assert.equal(text, "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const { text, finishReason } = await run(
      LanguageModel.generateText({ prompt: "Count." }).pipe(
        OpenAiLanguageModel.withConfigOverride({ max_output_tokens: 16 }),
      ),
    );
    assert.deepEqual([text, finishReason], ["One two", "length"]);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const parts = [...(await run(LanguageModel.streamText({ prompt: "Hi." }).pipe(Stream.runCollect)))];
    const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
    const failure = parts.find((part) => part.type === "error")?.error;
    assert(failure instanceof Object && "message" in failure && "code" in failure);
    const [message, , code] = scenes.broken;
    assert.deepEqual([text, failure.message, failure.code], ["Half", message, code]);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ text: "Word", endless: true }));
    await run(
      LanguageModel.streamText({ prompt: "Go on." }).pipe(
        Stream.takeUntil((part) => part.type === "text-delta"),
        Stream.runDrain,
      ),
    );
    await scenes.assertLeft(upstream);
  },
});
