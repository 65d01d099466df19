import assert from "node:assert/strict";
import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type ModelMessage,
  Output,
  StreamProviderError,
  streamText,
  tool,
} from "ai";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import type { Cases } from "./capabilities.ts";
import * as fileScene from "./file-scene.ts";
import { answerWith, outOfCapacity } from "./model-turns.ts";
import { inputsOf, lastConversation } from "./read-calls.ts";
import * as scenes from "./scenes.ts";

/** What differs between the providers of the AI SDK. */
interface Provider {
  model: LanguageModel;
  upstream: ScriptedUpstream;
  /** The key of `providerOptions` that takes the provider's settings. */
  name: string;
  /** The HTTP status that the provider makes up for an answer that breaks off. */
  statusOfBreak: number | undefined;
}

/** The capabilities as a program written with the AI SDK uses them, whichever provider it has. */
export function aiSdkCases({ model, upstream, name, statusOfBreak }: Provider): Cases {
  const tools = {
    [scenes.weather.name]: tool({
      description: scenes.weather.description,
      inputSchema: scenes.weather.schema,
      execute: ({ city }) => scenes.weather.answer(city),
    }),
  };
  const stopWhen = isStepCount(3);

  return {
    async text() {
      upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
      const { text, usage, finishReason } = await generateText({ model, system: "Be brief.", prompt: "Say hello." });
      assert.equal(text, "Hello there.");
      assert.deepEqual([finishReason, usage.inputTokens, usage.outputTokens], ["stop", 136, 37]);
      assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
    },

    async streaming() {
      const gate = Promise.withResolvers<void>();
      upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
      const result = streamText({ model, prompt: "Count." });
      const deltas: string[] = [];
      for await (const delta of result.textStream) {
        deltas.push(delta);
        gate.resolve(); // Upstream says no more until the first delta has arrived here.
      }
      assert.deepEqual(deltas, ["One", " two", " three", "."]);
      assert.equal(await result.finishReason, "stop");
    },

    async "one tool round trip"() {
      upstream.enqueue(
        answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
        answerWith({ text: "Sunny in Paris." }),
      );
      const { text } = await generateText({ model, prompt: "Weather in Paris?", tools, stopWhen });
      assert.equal(text, "Sunny in Paris.");
      assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
    },

    async "two parallel tool calls"() {
      upstream.enqueue(
        answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
        answerWith({ text: "Sunny in both." }),
      );
      const result = streamText({ model, prompt: "Weather in Paris and Rome?", tools, stopWhen });
      assert.equal(await result.text, "Sunny in both.");
      assert.deepEqual(lastConversation(upstream), scenes.twoRoundTrips);
    },

    async "structured output"() {
      upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
      const { output } = await generateText({
        model,
        prompt: "A city?",
        output: Output.object({ schema: scenes.citySchema, name: "city" }),
      });
      assert.deepEqual(output, scenes.city);
      scenes.assertAskedForCity(upstream);
    },

    async "multi-turn"() {
      upstream.enqueue(
        answerWith({ reasoning: "A name.", text: "Hello Ann." }),
        answerWith({ reasoning: "Easy.", text: "Ann." }),
      );
      const question = { role: "user", content: "I am Ann." } as const;
      const first = await generateText({ model, messages: [question] });
      const { text } = await generateText({
        model,
        messages: [question, ...first.responseMessages, { role: "user", content: "Who am I?" }],
      });
      assert.equal(text, "Ann.");
      assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    },

    "multi-turn, stored history": undefined,
    "multi-turn, conversation": undefined,

    async "reasoning, no summary asked"() {
      upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
      const { text, finalStep } = await generateText({
        model,
        prompt: "2 + 2?",
        providerOptions: { [name]: { reasoningEffort: "low" } },
      });
      assert.equal(text, "Four.");
      assert.equal(finalStep.reasoningText, "Two and two.");
      assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
    },

    async "reasoning, summary asked"() {
      upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
      const result = streamText({
        model,
        prompt: "2 + 2?",
        providerOptions: { [name]: { reasoningEffort: "high", reasoningSummary: "auto" } },
      });
      const reasoning: string[] = [];
      for await (const part of result.fullStream) if (part.type === "reasoning-delta") reasoning.push(part.text);
      assert.deepEqual(reasoning, ["Two", " and", " two", "."]);
      assert.equal(await result.text, "Four.");
      assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
    },

    async "a PDF and a PNG"() {
      fileScene.readFiles(upstream);
      const { report, dot } = fileScene;
      const messages: ModelMessage[] = [
        {
          role: "user",
          content: [
            { type: "file", data: report.bytes, mediaType: report.mediaType, filename: report.name },
            { type: "image", image: dot.bytes, mediaType: dot.mediaType },
            { type: "text", text: fileScene.question },
          ],
        },
      ];
      const { text } = await generateText({ model, messages });
      assert.equal(text, fileScene.answer);
      fileScene.readFiles(upstream);
      assert.equal(await streamText({ model, messages }).text, fileScene.answer);
    },

    async "an invalid request"() {
      const refused = generateText({
        model,
        prompt: "2 + 2?",
        providerOptions: { [name]: { reasoningEffort: "enormous" } },
      });
      await assert.rejects(refused, (error) => {
        assert(APICallError.isInstance(error));
        assert.deepEqual([error.statusCode, error.message], [400, scenes.refusal.message]);
        const { error: shown } = error.data as { error: Record<string, unknown> };
        assert.deepEqual([shown["type"], shown["param"], shown["code"]], scenes.refusal.fields);
        return true;
      });
      assert.equal(upstream.calls.length, 0);
    },

    async "429, then success"() {
      upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
      const { text } = await generateText({ model, prompt: "Hi." });
      assert.equal(text, "Here now.");
      assert.equal(upstream.calls.length, 2);
    },

    async "answer cut at the token limit"() {
      upstream.enqueue(answerWith({ text: "One two", truncated: true }));
      const { text, finishReason } = await generateText({ model, prompt: "Count.", maxOutputTokens: 16 });
      assert.deepEqual([text, finishReason], ["One two", "length"]);
      assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 16);
    },

    async "upstream dies mid-stream"() {
      upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
      const errors: unknown[] = [];
      const result = streamText({ model, prompt: "Hi.", onError: ({ error }) => void errors.push(error) });
      assert.deepEqual(await Array.fromAsync(result.textStream), ["Half"]);
      assert.equal(await result.finishReason, "error");
      const [error] = errors;
      assert(StreamProviderError.isInstance(error));
      const [message, , code] = scenes.broken;
      assert.deepEqual([error.message, error.code, error.statusCode], [message, code, statusOfBreak]);
    },

    async "client leaves mid-stream"() {
      upstream.enqueue(answerWith({ text: "Word", endless: true }));
      const leaving = new AbortController();
      const result = streamText({ model, prompt: "Go on.", abortSignal: leaving.signal });
      const deltas: string[] = [];
      for await (const delta of result.textStream) {
        deltas.push(delta);
        leaving.abort();
      }
      assert.equal(deltas[0], "Word");
      await scenes.assertLeft(upstream);
    },
  };
}
