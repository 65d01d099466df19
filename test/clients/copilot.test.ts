import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { createProgram, type ProgramEvent, requireProgram, type RunOptions } from "./support/start-program.ts";
import { fillSnippet, startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { upstream } = world;
const snippet = await readFile(new URL("snippets/copilot.env", import.meta.url), "utf8");
const copilot = await createProgram(requireProgram(".bin/copilot"), {
  ...(parseEnv(fillSnippet(snippet, world.url)) as Record<string, string>),
  COPILOT_OFFLINE: "true", // Nothing of GitHub's is called.
});
after(() => copilot.remove());

/** Runs one prompt without a person, as in a script. */
function ask(prompt: string, more: string[] = [], options: RunOptions = {}) {
  return copilot.run(["-p", prompt, "--allow-all-tools", "--output-format", "json", ...more], options);
}

function dataOf(events: ProgramEvent[], type: string): Record<string, unknown>[] {
  return events.filter((event) => event["type"] === type).map(({ data }) => data as Record<string, unknown>);
}

/** The messages with which the turns ended. Copilot shows the reasoning where there is no text. */
function messages(events: ProgramEvent[]): unknown[] {
  return dataOf(events, "assistant.message").map(({ content }) => content);
}

/** Upstream's conversation after Copilot's instructions, without the time that Copilot adds. */
function conversation(): string[] {
  const [, ...lines] = lastConversation(upstream);
  return lines.map((line) => line.replace(/<current_datetime>.*<\/current_datetime>\n\n/, ""));
}

function bash(command: string) {
  return { name: "bash", arguments: { command, description: "Run it" } };
}

defineClient(["@github/copilot"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { exitCode, events } = await ask("Say hello.");
    assert.equal(exitCode, 0);
    assert.deepEqual(messages(events), ["Hello there."]);
    assert.deepEqual(conversation(), ["user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const { events } = await ask("Count.", [], {
      // Upstream says no more until the first delta has arrived here.
      onEvent: ({ type }) => type === "assistant.message_delta" && gate.resolve(),
    });
    const deltas = dataOf(events, "assistant.message_delta").map(({ deltaContent }) => deltaContent);
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Write it.", calls: [bash("echo hi > made.txt && cat made.txt")] }),
      answerWith({ text: "Written." }),
    );
    const { exitCode, events } = await ask("Write hi into made.txt.");
    assert.equal(exitCode, 0);
    assert.equal(await readFile(join(copilot.directory, "made.txt"), "utf8"), "hi\n");
    assert.deepEqual(messages(events), ["Write it.", "Written."]);
    const lines = conversation();
    assert.deepEqual(lines.slice(0, 2), ["user: Write hi into made.txt.", "assistant thinks: Write it."]);
    assert.match(lines.at(-2) ?? "", /^assistant calls #1: bash {"command":"echo hi > made.txt && cat made.txt"/);
    assert.match(lines.at(-1) ?? "", /^tool #1: hi\n/);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Both.", calls: [bash("echo one"), bash("echo two")] }),
      answerWith({ text: "Done." }),
    );
    const { exitCode, events } = await ask("Print one and two.");
    assert.equal(exitCode, 0);
    assert.deepEqual(messages(events), ["Both.", "Done."]);
    const lines = conversation();
    assert.deepEqual(lines.slice(0, 2), ["user: Print one and two.", "assistant thinks: Both."]);
    assert.match(lines.at(-2) ?? "", /^tool #1: one\n/);
    assert.match(lines.at(-1) ?? "", /^tool #2: two\n/);
  },

  "shell, apply_patch, tool_search": undefined,

  // Copilot's answers have no format.
  "structured output": undefined,

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await ask("I am Ann.");
    const { sessionId } = first.events.find(({ type }) => type === "result") ?? {};
    const { exitCode, events } = await ask("Who am I?", [`--resume=${sessionId}`]);
    assert.equal(exitCode, 0);
    assert.deepEqual(messages(events), ["Ann."]);
    // Copilot resumes a session without its reasoning.
    assert.deepEqual(conversation(), scenes.secondTurn.toSpliced(1, 1));
  },

  // Copilot keeps its sessions itself.
  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  // Copilot always asks for a summary.
  "reasoning, no summary asked": undefined,

  async "reasoning, summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const { events } = await ask("2 + 2?", ["--reasoning-effort", "high"], {
      // Upstream says no more until its first thought has arrived here.
      onEvent: ({ type }) => type === "assistant.reasoning_delta" && gate.resolve(),
    });
    const deltas = dataOf(events, "assistant.reasoning_delta").map(({ deltaContent }) => deltaContent);
    assert.deepEqual(deltas, scenes.thoughts);
    assert.deepEqual(messages(events), ["Four."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    const { exitCode, events } = await ask("2 + 2?", ["--model", "enormous"]);
    assert.equal(exitCode, 1);
    const [failure] = dataOf(events, "session.error");
    assert.equal(failure?.["statusCode"], 404);
    assert.match(String(failure?.["message"]), /^Model 'enormous' not found on provider/);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { exitCode, events } = await ask("Hi.");
    assert.equal(exitCode, 0);
    assert.deepEqual(messages(events), ["Here now."]);
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }), answerWith({ text: " three." }));
    const { exitCode, events } = await ask("Count.");
    assert.equal(exitCode, 0);
    // Copilot lets the model go on by itself, and shows what it wrote last.
    assert.deepEqual(messages(events), [" three."]);
    assert.equal(upstream.calls.length, 2);
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 32_000);
  },

  async "upstream dies mid-stream"() {
    const dying = answerWith({ text: "Half an answer.", dies: true });
    upstream.enqueue(dying, dying, dying, dying, dying, dying);
    const { exitCode, events } = await ask("Hi.");
    assert.equal(exitCode, 1);
    const [failure] = dataOf(events, "session.error");
    assert.match(String(failure?.["message"]), /retried 5 times .* Last error: The model's answer broke off\. /);
    assert.equal(upstream.calls.length, 6);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ reasoning: "Words.", text: "Word", endless: true }));
    const leaving = new AbortController();
    const running = ask("Go on.", [], { signal: leaving.signal });
    const call = await upstream.nextCall();
    while (call.bytesSent < 2_000) await sleep(10);
    leaving.abort();
    await running;
    await scenes.assertLeft(upstream);
  },
});
