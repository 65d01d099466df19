import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { type CodexEvent, createCodexHome } from "./support/start-codex.ts";
import { startWorld } from "./support/start-world.ts";
import * as toolsScene from "./support/tools-scene.ts";

const world = await startWorld({ hasTools: true });
const { upstream } = world;
const codex = await createCodexHome(world);
after(() => codex.remove());

/** No sandbox: it needs rights that a container seldom has. */
const options = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];

const overWebSocket = ["-c", "model_providers.workers-ai.supports_websockets=true"];

/** Runs one turn without a person, as in a script. */
function exec(prompt: string, ...more: string[]) {
  return codex.run(["exec", ...options, ...more, prompt]);
}

/** What Codex showed, warnings too; less that a turn began. */
function shown(events: CodexEvent[]): unknown[][] {
  return events.flatMap((event): unknown[][] => {
    const item = event["item"] as CodexEvent | undefined;
    if (event["type"] === "turn.completed") return [["completed"]];
    if (event["type"] === "error") return [["error", event["message"]]];
    if (event["type"] === "turn.failed") return [["failed", (event["error"] as CodexEvent)["message"]]];
    if (event["type"] !== "item.completed" || item === undefined) return [];
    return [[item["type"], item["text"] ?? item["message"] ?? item["aggregated_output"]]];
  });
}

/** Upstream's conversation from the user's own words on: before them stand Codex's instructions. */
function conversation(): string[] {
  const lines = lastConversation(upstream);
  return lines.slice(lines.findIndex((line) => line.startsWith("user: <environment_context>")) + 1);
}

function shell(command: string) {
  return { name: "exec_command", arguments: { cmd: command } };
}

/** Runs one turn as an editor does, and gives the deltas of a kind as they come. */
async function stream(
  text: string,
  { method: wanted, onDelta, config = {} }: { method: string; onDelta: () => void; config?: Record<string, string> },
): Promise<unknown[]> {
  const server = codex.startServer();
  await server.call("initialize", { clientInfo: { name: "clients", title: "Clients", version: "1.0.0" } });
  const { thread } = await server.call("thread/start", { config });
  const threadId = (thread as CodexEvent)["id"];
  await server.call("turn/start", { threadId, input: [{ type: "text", text, text_elements: [] }] });
  const deltas: unknown[] = [];
  for await (const { method, params } of server.notifications()) {
    if (method === wanted) {
      deltas.push((params as CodexEvent)["delta"]);
      onDelta();
    }
    if (method !== "turn/completed") continue;
    assert.equal(((params as CodexEvent)["turn"] as CodexEvent)["status"], "completed");
    break;
  }
  await server.stop();
  return deltas;
}

defineClient(["@openai/codex"], world, {
  async text() {
    upstream.enqueue(answerWith({ text: "Hello there." }));
    const { exitCode, events } = await exec("Say hello.");
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["agent_message", "Hello there."], ["completed"]]);
    assert.deepEqual(conversation(), ["user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    // Upstream says no more until the first delta has arrived here.
    const deltas = await stream("Count.", { method: "item/agentMessage/delta", onDelta: gate.resolve });
    assert.deepEqual(deltas, ["One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Write it.", calls: [shell("echo hi > made.txt && cat made.txt")] }),
      answerWith({ text: "Written." }),
    );
    const { exitCode, events } = await exec("Write hi into made.txt.");
    assert.equal(exitCode, 0);
    assert.equal(await readFile(join(codex.directory, "made.txt"), "utf8"), "hi\n");
    assert.deepEqual(shown(events), [
      ["reasoning", "Write it."],
      ["command_execution", "hi\n"],
      ["agent_message", "Written."],
      ["completed"],
    ]);
    const [question, thought, call, output] = conversation();
    assert.deepEqual(
      [question, thought, call],
      [
        "user: Write hi into made.txt.",
        "assistant thinks: Write it.",
        'assistant calls #1: exec_command {"cmd":"echo hi > made.txt && cat made.txt"}',
      ],
    );
    assert.match(output ?? "", /^tool #1: [^]*Process exited with code 0\n[^]*\nhi\n$/);
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Both.", calls: [shell("echo one"), shell("echo two")] }),
      answerWith({ text: "Done." }),
    );
    const { exitCode, events } = await exec("Print one and two.");
    assert.equal(exitCode, 0);
    assert.deepEqual(
      new Set(shown(events).map(String)),
      new Set([
        "reasoning,Both.",
        "command_execution,one\n",
        "command_execution,two\n",
        "agent_message,Done.",
        "completed",
      ]),
    );
    const lines = conversation();
    assert.deepEqual(lines.slice(0, 4), [
      "user: Print one and two.",
      "assistant thinks: Both.",
      'assistant calls #1: exec_command {"cmd":"echo one"}',
      'assistant calls #2: exec_command {"cmd":"echo two"}',
    ]);
    assert.match(lines[4] ?? "", /^tool #1: [^]*\none\n$/);
    assert.match(lines[5] ?? "", /^tool #2: [^]*\ntwo\n$/);
    assert.equal(lines.length, 6);
  },

  async "shell, apply_patch, tool_search"() {
    await writeFile(join(codex.directory, "greet.py"), 'def greet():\n    print("hi")\n');
    const patch = [
      "*** Begin Patch",
      "*** Update File: greet.py",
      "@@ def greet():",
      '-    print("hi")',
      '+    print("hello")',
      "*** End Patch",
    ];
    upstream.enqueue(
      answerWith({ reasoning: "Patch it.", calls: [{ name: "apply_patch", arguments: { input: patch.join("\n") } }] }),
      answerWith({ text: "Patched." }),
    );
    const { exitCode, events } = await exec("Say hello in greet.py.");
    assert.equal(exitCode, 0);
    assert.equal(await readFile(join(codex.directory, "greet.py"), "utf8"), 'def greet():\n    print("hello")\n');
    assert.deepEqual(shown(events), [
      ["reasoning", "Patch it."],
      ["file_change", undefined],
      ["agent_message", "Patched."],
      ["completed"],
    ]);
    const { tools } = inputsOf(upstream)[0] as { tools: { function: { name: string } }[] };
    const offered = tools.map((tool) => tool.function.name);
    assert(offered.includes("apply_patch") && offered.includes("tool_search"), offered.join(", "));
    assert.match(conversation().at(-1) ?? "", /^tool #1: Exit code: 0\n[^]*\nM greet\.py\n$/);
  },

  async "structured output"() {
    upstream.enqueue(answerWith({ text: JSON.stringify(scenes.city) }));
    const schemaPath = join(codex.directory, "city.schema.json");
    await writeFile(schemaPath, JSON.stringify(z.toJSONSchema(scenes.citySchema)));
    const { exitCode, events } = await exec("A city?", "--output-schema", schemaPath);
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["agent_message", JSON.stringify(scenes.city)], ["completed"]]);
    scenes.assertAskedForCity(upstream);
  },

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await exec("I am Ann.");
    const thread = first.events.find(({ type }) => type === "thread.started")?.["thread_id"];
    const { exitCode, events } = await codex.run(["exec", "resume", ...options, String(thread), "Who am I?"]);
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["reasoning", "Easy."], ["agent_message", "Ann."], ["completed"]]);
    assert.deepEqual(conversation(), scenes.secondTurn);
  },

  // Codex keeps its threads itself.
  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const deltas = await stream("2 + 2?", {
      method: "item/reasoning/summaryTextDelta",
      // Upstream says no more until its first thought has arrived here.
      onDelta: gate.resolve,
      config: { model_reasoning_effort: "low", model_reasoning_summary: "none" },
    });
    assert.deepEqual(deltas, scenes.thoughts);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { exitCode, events } = await exec("2 + 2?", "-c", 'model_reasoning_effort="high"');
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["reasoning", "Two and two."], ["agent_message", "Four."], ["completed"]]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "a web search"() {
    toolsScene.search(upstream);
    const { exitCode, events } = await exec("How do honeybees survive the winter?");
    assert.equal(exitCode, 0);
    const items = events.flatMap(({ type, item }) => (type === "item.completed" ? [item as CodexEvent] : []));
    const searched = items.find(({ type }) => type === "web_search");
    assert.equal(searched?.["query"], toolsScene.query);
    assert.deepEqual(shown(events).slice(-2), [["agent_message", toolsScene.cited], ["completed"]]);
    toolsScene.assertSearched(upstream);
    const { usage } = events.find(({ type }) => type === "turn.completed") as { usage: Record<string, number> };
    assert.deepEqual([usage["input_tokens"], usage["output_tokens"]], toolsScene.twoRounds);
  },

  // It calls MCP servers itself.
  "an MCP call, approved": undefined,

  async "an invalid request"() {
    const { exitCode, events } = await exec("2 + 2?", "-c", 'model_reasoning_effort="enormous"');
    assert.equal(exitCode, 1);
    const [error, failure] = shown(events) as [string, string][];
    const [type, param, code] = scenes.refusal.fields;
    assert.deepEqual(JSON.parse(error?.[1] ?? ""), { error: { message: scenes.refusal.message, type, param, code } });
    assert.deepEqual(failure, ["failed", error?.[1]]);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { exitCode, events } = await exec("Hi.");
    assert.equal(exitCode, 0);
    const [error, ...rest] = shown(events) as [string, string][];
    assert.match(
      error?.[1] ?? "",
      /^Reconnecting\.\.\. 1\/5 \(exceeded retry limit, last status: 429 Too Many Requests/,
    );
    assert.deepEqual(rest, [["agent_message", "Here now."], ["completed"]]);
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const { exitCode, events } = await exec("Count.");
    assert.equal(exitCode, 1);
    const failure = "Incomplete response returned, reason: max_output_tokens";
    assert.deepEqual(shown(events), [
      ["agent_message", "One two"],
      ["error", failure],
      ["failed", failure],
    ]);
  },

  async "upstream dies mid-stream"() {
    const dying = answerWith({ text: "Half an answer.", dies: true });
    upstream.enqueue(dying, dying, dying, dying, dying, dying);
    const { exitCode, events } = await exec("Hi.");
    assert.equal(exitCode, 1);
    const failure = `stream disconnected before completion: ${scenes.broken[0]}`;
    assert.deepEqual(shown(events), [
      ...[1, 2, 3, 4, 5].map((attempt) => ["error", `Reconnecting... ${attempt}/5 (${failure})`]),
      ["error", failure],
      ["failed", failure],
    ]);
    assert.equal(upstream.calls.length, 6);
  },

  async "client leaves mid-stream"() {
    upstream.enqueue(answerWith({ reasoning: "Words.", text: "Word", endless: true }));
    const leaving = new AbortController();
    const running = codex.run(["exec", ...options, "Go on."], leaving.signal);
    const call = await upstream.nextCall();
    while (call.bytesSent < 2_000) await sleep(10);
    leaving.abort();
    await running;
    await scenes.assertLeft(upstream);
  },

  "over a WebSocket": scenes.overWebSocket(world, 2, async () => {
    upstream.enqueue(answerWith({ text: "Hello there." }));
    const { exitCode, events } = await exec("Say hello.", ...overWebSocket);
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["agent_message", "Hello there."], ["completed"]]);
    assert.deepEqual(conversation(), ["user: Say hello."]);
  }),

  "over a WebSocket, tool calls": scenes.overWebSocket(world, 4, async () => {
    await writeFile(join(codex.directory, "greet.py"), 'print("hi")\n');
    const patch = ["*** Begin Patch", "*** Update File: greet.py", '-print("hi")', '+print("hello")', "*** End Patch"];
    upstream.enqueue(
      answerWith({ reasoning: "Both.", calls: [shell("echo one"), shell("echo two")] }),
      answerWith({ calls: [{ name: "apply_patch", arguments: { input: patch.join("\n") } }] }),
      answerWith({ text: "Done." }),
    );
    const { exitCode, events } = await exec("Print, then say hello in greet.py.", ...overWebSocket);
    assert.equal(exitCode, 0);
    assert.deepEqual(
      new Set(shown(events).map(String)),
      new Set([
        "reasoning,Both.",
        "command_execution,one\n",
        "command_execution,two\n",
        "file_change,",
        "agent_message,Done.",
        "completed",
      ]),
    );
    assert.equal(await readFile(join(codex.directory, "greet.py"), "utf8"), 'print("hello")\n');
    const lines = conversation();
    assert.deepEqual(lines.slice(0, 4), [
      "user: Print, then say hello in greet.py.",
      "assistant thinks: Both.",
      'assistant calls #1: exec_command {"cmd":"echo one"}',
      'assistant calls #2: exec_command {"cmd":"echo two"}',
    ]);
    assert.match(lines.at(-1) ?? "", /^tool #3: Exit code: 0\n[^]*\nM greet\.py\n$/);
  }),

  "over a WebSocket, multi-turn": scenes.overWebSocket(world, 4, async () => {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await exec("I am Ann.", ...overWebSocket);
    const thread = first.events.find(({ type }) => type === "thread.started")?.["thread_id"];
    const { exitCode, events } = await codex.run([
      "exec",
      "resume",
      ...options,
      ...overWebSocket,
      String(thread),
      "Who am I?",
    ]);
    assert.equal(exitCode, 0);
    assert.deepEqual(shown(events), [["reasoning", "Easy."], ["agent_message", "Ann."], ["completed"]]);
    assert.deepEqual(conversation(), scenes.secondTurn);
  }),
});
