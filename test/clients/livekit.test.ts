import assert from "node:assert/strict";
import { after } from "node:test";
import { APIStatusError, initializeLogger, llm } from "@livekit/agents";
import { responses } from "@livekit/agents-plugin-openai";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";

initializeLogger({ pretty: false, level: "silent" });
const world = await startWorld();
const { upstream } = world;
// Over WebSockets, unless it is told not to.
const { model: socketModel, settings } = await import("./snippets/livekit.ts");
const model = new responses.LLM({ ...settings, useWebSocket: false });
after(() => socketModel.close());

/** LiveKit tells failures by an event, and without a listener it doesn't try again. */
const failures: { error: Error; recoverable: boolean }[] = [];
for (const each of [model, socketModel]) each.on("error", (failure) => void failures.push(failure));

const tools = [
  llm.tool({
    name: scenes.weather.name,
    description: scenes.weather.description,
    parameters: scenes.weather.schema,
    execute: async ({ city }) => scenes.weather.answer(city),
  }),
];

function asked(question: string, system?: string): llm.ChatContext {
  const context = llm.ChatContext.empty();
  if (system !== undefined) context.addMessage({ role: "system", content: system });
  context.addMessage({ role: "user", content: question });
  return context;
}

/** Asks, runs the tools that are called, and asks again. */
async function runWithTools(question: string, asker = model): Promise<string> {
  const chatCtx = asked(question);
  const { toolCalls } = await asker.chat({ chatCtx: chatCtx.copy(), toolCtx: tools }).collect();
  assert(toolCalls.length > 0);
  for (const call of toolCalls) {
    const { city } = scenes.weather.schema.parse(JSON.parse(call.args));
    chatCtx.insert([
      call,
      llm.FunctionCallOutput.create({ callId: call.callId, output: scenes.weather.answer(city), isError: false }),
    ]);
  }
  const { text } = await asker.chat({ chatCtx: chatCtx.copy(), toolCtx: tools }).collect();
  return text;
}

defineClient(["@livekit/agents", "@livekit/agents-plugin-openai"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { text, usage } = await model.chat({ chatCtx: asked("Say hello.", "Be brief.") }).collect();
    assert.equal(text, "Hello there.");
    assert.deepEqual([usage?.promptTokens, usage?.completionTokens], [136, 37]);
    assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    for await (const { delta } of model.chat({ chatCtx: asked("Count.") })) {
      if (delta?.content === undefined) continue;
      deltas.push(delta.content);
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
    // LiveKit keeps no reasoning.
    assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip.toSpliced(1, 1));
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(await runWithTools("Weather in Paris and Rome?"), "Sunny in both.");
    assert.deepEqual(new Set(lastConversation(upstream)), new Set(scenes.twoRoundTrips.toSpliced(1, 1)));
  },

  "shell, apply_patch, tool_search": undefined,

  // LiveKit's Responses model has no format of the answer.
  "structured output": undefined,

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const chatCtx = asked("I am Ann.");
    const first = await model.chat({ chatCtx }).collect();
    chatCtx.addMessage({ role: "assistant", content: first.text });
    chatCtx.addMessage({ role: "user", content: "Who am I?" });
    const { text } = await model.chat({ chatCtx }).collect();
    assert.equal(text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn.toSpliced(1, 1));
  },

  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  // LiveKit speaks what it gets, so it shows no reasoning.
  "reasoning, no summary asked": undefined,
  "reasoning, summary asked": undefined,

  async "an invalid request"() {
    const { text } = await model
      .chat({ chatCtx: asked("2 + 2?"), extraKwargs: { reasoning: { effort: "enormous" } } })
      .collect();
    assert.equal(text, "");
    const [failure] = failures.splice(0);
    assert(failure?.error instanceof APIStatusError);
    assert.deepEqual([failure.recoverable, failure.error.statusCode], [false, 400]);
    const { message, type, param, code } = failure.error.body as Record<string, unknown>;
    assert.deepEqual([message, [type, param, code]], [scenes.refusal.message, scenes.refusal.fields]);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { text } = await model.chat({ chatCtx: asked("Hi.") }).collect();
    assert.equal(text, "Here now.");
    assert.deepEqual(
      failures.splice(0).map(({ recoverable }) => recoverable),
      [true],
    );
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const short = new responses.LLM({
      ...settings,
      useWebSocket: false,
      maxOutputTokens: 16,
      reasoning: { effort: "low" },
    });
    short.on("error", (failure) => void failures.push(failure));
    const { text } = await short.chat({ chatCtx: asked("Count.") }).collect();
    assert.equal(text, "One two");
    const [failure] = failures.splice(0);
    assert.equal(failure?.error.message, "response incomplete: max_output_tokens");
    const { max_tokens: limit, reasoning_effort: effort } = inputsOf(upstream)[0] ?? {};
    assert.deepEqual([limit, effort], [16, "low"]);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const { text } = await model.chat({ chatCtx: asked("Hi.") }).collect();
    const [failure] = failures.splice(0);
    assert.deepEqual([text, failure?.error.message, failure?.recoverable], ["Half", scenes.broken[0], false]);
  },

  // Over HTTP LiveKit reads a stream to its end, also when it has been closed.
  "client leaves mid-stream": undefined,

  "over a WebSocket": scenes.overWebSocket(world, 2, async () => {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const deltas: string[] = [];
    for await (const { delta } of socketModel.chat({ chatCtx: asked("Count.") })) {
      if (delta?.content === undefined) continue;
      deltas.push(delta.content);
      gate.resolve(); // Upstream says no more until the first delta has arrived here.
    }
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
    const extraKwargs = { reasoning: { effort: "enormous" } };
    await socketModel.chat({ chatCtx: asked("2 + 2?"), extraKwargs }).collect();
    const [failure] = failures.splice(0);
    assert(failure?.error.message.includes(scenes.refusal.message), String(failure?.error));
  }),

  "over a WebSocket, tool calls": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
      answerWith({ text: "Sunny in both." }),
    );
    assert.equal(await runWithTools("Weather in Paris and Rome?", socketModel), "Sunny in both.");
    assert.deepEqual(new Set(lastConversation(upstream)), new Set(scenes.twoRoundTrips));
  }),

  // It names the response before by its id, so that the Worker has the reasoning too.
  "over a WebSocket, multi-turn": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const chatCtx = asked("I am Ann.");
    const first = await socketModel.chat({ chatCtx: chatCtx.copy() }).collect();
    chatCtx.addMessage({ role: "assistant", content: first.text });
    chatCtx.addMessage({ role: "user", content: "Who am I?" });
    const { text } = await socketModel.chat({ chatCtx: chatCtx.copy() }).collect();
    assert.equal(text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  }),
});
