import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { createProgram, type ProgramEvent, requireProgram, type RunOptions } from "./support/start-program.ts";
import { fillSnippet, startWorld } from "./support/start-world.ts";

const program = requireProgram("@cline/cli-linux-x64/bin/cline");
const world = await startWorld();
const { upstream } = world;
// By itself it leaves a daemon behind that goes on with what a killed program began, and asks upstream until its end.
const localOnly = { CLINE_SESSION_BACKEND_MODE: "local" };
const cline = await createProgram(program, localOnly);
after(() => cline.remove());

const snippet = await readFile(new URL("snippets/cline.sh", import.meta.url), "utf8");
await promisify(execFile)("sh", ["-c", fillSnippet(snippet, world.url)], {
  cwd: cline.directory,
  env: { PATH: `${dirname(program)}:${process.env["PATH"]}`, HOME: cline.home, ...localOnly },
});

/** Runs one prompt without a person, as in a script. */
function ask(prompt: string, more: string[] = [], options: RunOptions = {}) {
  const model = ["--provider", "openai-native", "--model", scenes.modelName];
  return cline.run(["--json", ...model, ...more, prompt], options);
}

function agentEvents(events: ProgramEvent[], type: string): Record<string, unknown>[] {
  return events
    .filter((event) => event["type"] === "agent_event")
    .map(({ event }) => event as Record<string, unknown>)
    .filter((event) => event["type"] === type);
}

/** What came piece by piece of a kind of content. */
function deltas(events: ProgramEvent[], contentType: string): unknown[] {
  return agentEvents(events, "content_start")
    .filter((event) => event["contentType"] === contentType)
    .map((event) => event["text"] ?? event["reasoning"]);
}

function result(events: ProgramEvent[]): Record<string, unknown> {
  return events.findLast(({ type }) => type === "run_result") ?? {};
}

/** Upstream's conversation after Cline's instructions. */
function conversation(): string[] {
  const [, ...lines] = lastConversation(upstream);
  return lines;
}

function runCommands(...commands: string[]) {
  return { name: "run_commands", arguments: { commands } };
}

defineClient(["@cline/cli-linux-x64"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { exitCode, events } = await ask("Say hello.");
    assert.equal(exitCode, 0);
    assert.equal(result(events)["text"], "Hello there.");
    assert.deepEqual(conversation(), ["user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    const { events } = await ask("Count to three.", [], {
      // Upstream says no more until the first delta has arrived here.
      onEvent: (event) => deltas([event], "text").length > 0 && gate.resolve(),
    });
    assert.deepEqual(deltas(events, "text"), ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Write it.", calls: [runCommands("echo hi > made.txt && cat made.txt")] }),
      answerWith({ text: "Written." }),
    );
    const { exitCode, events } = await ask("Write hi into made.txt.");
    assert.equal(exitCode, 0);
    assert.equal(await readFile(join(cline.directory, "made.txt"), "utf8"), "hi\n");
    assert.equal(result(events)["text"], "Written.");
    // Cline keeps no reasoning.
    assert.deepEqual(conversation(), [
      "user: Write hi into made.txt.",
      'assistant calls #1: run_commands {"commands":["echo hi > made.txt && cat made.txt"]}',
      'tool #1: [{"query":"echo hi > made.txt && cat made.txt","result":"hi\\n","success":true}]',
    ]);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Both.", calls: [runCommands("echo one"), runCommands("echo two")] }),
      answerWith({ text: "Done." }),
    );
    const { exitCode, events } = await ask("Print one and two.");
    assert.equal(exitCode, 0);
    assert.equal(result(events)["text"], "Done.");
    assert.deepEqual(conversation(), [
      "user: Print one and two.",
      'assistant calls #1: run_commands {"commands":["echo one"]}',
      'assistant calls #2: run_commands {"commands":["echo two"]}',
      'tool #1: [{"query":"echo one","result":"one\\n","success":true}]',
      'tool #2: [{"query":"echo two","result":"two\\n","success":true}]',
    ]);
  },

  "shell, apply_patch, tool_search": undefined,

  // Cline's answers have no format.
  "structured output": undefined,

  // Cline goes on with a session only in a terminal.
  "multi-turn": undefined,

  // Cline keeps its sessions itself.
  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const { events } = await ask("2 + 2?", [], {
      // Upstream says no more until its first thought has arrived here.
      onEvent: (event) => deltas([event], "reasoning").length > 0 && gate.resolve(),
    });
    assert.deepEqual(deltas(events, "reasoning"), scenes.thoughts);
    assert.equal(result(events)["text"], "Four.");
  },

  // Cline asks for none from a model that it does not know by name.
  "reasoning, summary asked": undefined,

  async "an invalid request"() {
    const { exitCode, events } = await ask("2 + 2?", ["--model", "enormous"]);
    assert.equal(exitCode, 1);
    assert.equal(result(events)["text"], "This Worker does not serve that model. It serves: @cf/openai/gpt-oss-20b.");
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { exitCode, events } = await ask("Hello, you.");
    assert.equal(exitCode, 0);
    assert.equal(result(events)["text"], "Here now.");
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }), answerWith({ text: "One two three." }));
    const { exitCode, events } = await ask("Count to three.");
    assert.equal(exitCode, 0);
    // Cline asks for a shorter answer by itself.
    const [notice] = agentEvents(events, "notice");
    assert.equal(notice?.["message"], "response hit the output token limit — compacting and retrying");
    assert.equal(result(events)["text"], "One two three.");
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }));
    const { exitCode, events } = await ask("Hello, you.");
    assert.equal(exitCode, 1);
    assert.deepEqual(deltas(events, "text"), ["Half"]);
    assert.equal(result(events)["text"], scenes.broken[0]);
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
