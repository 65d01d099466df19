import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Capability, Cases } from "./capabilities.ts";
import { answerWith, outOfCapacity } from "./model-turns.ts";
import { inputsOf, lastConversation } from "./read-calls.ts";
import * as scenes from "./scenes.ts";
import { worldKey, type World } from "./start-world.ts";

/** A Python that has the clients' packages. */
const python = process.env["PYTHON"] ?? "python3";

/** The version of a Python package; undefined where there is no Python, or it lacks the package. */
export function findPythonPackage(name: string): string | undefined {
  try {
    const program = `import importlib.metadata; print(importlib.metadata.version(${JSON.stringify(name)}))`;
    return execFileSync(python, ["-c", program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

/** The capabilities as a script in Python uses them, but for those that it lacks. */
export function pythonCases({ url, upstream }: World, script: string, lacking: readonly Capability[] = []): Cases {
  const path = fileURLToPath(new URL(`../python/${script}`, import.meta.url));

  /** Runs a case of the script and gives its result. */
  async function run(name: string, onThought?: (thought: unknown) => void): Promise<unknown> {
    const child = spawn(python, [path, name], {
      env: { PATH: process.env["PATH"], RESPONSES_URL: `${url}/openai/v1`, RESPONSES_KEY: worldKey },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    let result: unknown;
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { thought?: string; result?: unknown };
      if (said.thought !== undefined) onThought?.(said.thought);
      ({ result } = said);
    }
    assert.deepEqual((await exited)[0], 0);
    return result;
  }

  const twoTurns = [
    answerWith({ reasoning: "A name.", text: "Hello Ann." }),
    answerWith({ reasoning: "Easy.", text: "Ann." }),
  ];

  const all: Cases = {
    async text() {
      upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
      assert.deepEqual(await run("text"), ["Hello there.", 136, 37]);
      assert.deepEqual(lastConversation(upstream), ["system: Be brief.", "user: Say hello."]);
    },
    async streaming() {
      upstream.enqueue(answerWith(scenes.sum));
      assert.deepEqual(await run("stream"), [["Four", "."], "Four."]);
    },
    async "one tool round trip"() {
      upstream.enqueue(
        answerWith({ reasoning: "Look it up.", calls: [scenes.askWeather("Paris")] }),
        answerWith({ text: "Sunny in Paris." }),
      );
      assert.equal(await run("tools"), "Sunny in Paris.");
      assert.deepEqual(lastConversation(upstream), scenes.oneRoundTrip);
    },
    async "two parallel tool calls"() {
      upstream.enqueue(
        answerWith({ reasoning: "Look both up.", calls: [scenes.askWeather("Paris"), scenes.askWeather("Rome")] }),
        answerWith({ text: "Sunny in both." }),
      );
      assert.equal(await run("tools"), "Sunny in both.");
      assert.deepEqual(lastConversation(upstream), ["user: Weather in Paris?", ...scenes.twoRoundTrips.slice(1)]);
    },
    "shell, apply_patch, tool_search": undefined,
    async "structured output"() {
      upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
      assert.deepEqual(await run("structured"), scenes.city);
      scenes.assertAskedForCity(upstream);
    },
    async "multi-turn"() {
      upstream.enqueue(...twoTurns);
      assert.equal(await run("history"), "Ann.");
      assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    },
    async "multi-turn, stored history"() {
      upstream.enqueue(...twoTurns);
      assert.equal(await run("stored"), "Ann.");
      assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    },
    async "multi-turn, conversation"() {
      upstream.enqueue(...twoTurns);
      assert.equal(await run("conversation"), "Ann.");
      assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    },
    async "reasoning, no summary asked"() {
      const gate = Promise.withResolvers<void>();
      upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
      const thoughts: unknown[] = [];
      await run("stream", (thought) => {
        thoughts.push(thought);
        gate.resolve(); // Upstream says no more until its first thought has arrived here.
      });
      assert.deepEqual(thoughts, scenes.thoughts);
      assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
    },
    async "reasoning, summary asked"() {
      upstream.enqueue(answerWith(scenes.sum));
      assert.deepEqual(await run("summary"), ["Two and two.", "Four."]);
      assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
    },
    async "an invalid request"() {
      assert.deepEqual(await run("refused"), [400, scenes.refusal.message, ...scenes.refusal.fields]);
      assert.equal(upstream.calls.length, 0);
    },
    async "429, then success"() {
      upstream.enqueue(outOfCapacity, answerWith({ text: "Hello there." }));
      assert.deepEqual(await run("text"), ["Hello there.", 136, 37]);
      assert.equal(upstream.calls.length, 2);
    },
    async "answer cut at the token limit"() {
      upstream.enqueue(answerWith({ text: "One two", truncated: true }));
      assert.deepEqual(await run("short"), ["One two", "incomplete", "max_output_tokens"]);
    },
    async "upstream dies mid-stream"() {
      upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
      assert.deepEqual(await run("broken"), scenes.broken);
    },
    async "client leaves mid-stream"() {
      upstream.enqueue(answerWith({ text: "Word", endless: true }));
      assert.equal(await run("leave"), "Word");
      await scenes.assertLeft(upstream);
    },
  };
  return { ...all, ...Object.fromEntries(lacking.map((capability) => [capability, undefined])) };
}
