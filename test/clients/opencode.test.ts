import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { defineClient } from "./support/define-client.ts";
import { answerWith, outOfCapacity } from "./support/model-turns.ts";
import { inputsOf, lastConversation } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { createProgram, type ProgramEvent, requireProgram, type RunOptions } from "./support/start-program.ts";
import { fillSnippet, startWorld } from "./support/start-world.ts";

const program = requireProgram("opencode-linux-x64/bin/opencode");
const world = await startWorld();
const { upstream } = world;
const opencode = await createProgram(program, {
  OPENCODE_DISABLE_AUTOUPDATE: "true",
  OPENCODE_DISABLE_MODELS_FETCH: "true",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "true",
});
after(() => opencode.remove());
const snippet = await readFile(new URL("snippets/opencode.json", import.meta.url), "utf8");
await writeFile(join(opencode.directory, "opencode.json"), fillSnippet(snippet, world.url));

/** Runs one prompt without a person, as in a script. The title is given, or opencode has the model write one. */
function ask(prompt: string, more: string[] = [], options: RunOptions = {}) {
  return opencode.run(["run", "--pure", "--title", "t", "--format", "json", "--auto", ...more, prompt], options);
}

/** The texts of the parts of a type. */
function parts(events: ProgramEvent[], type: string): unknown[] {
  return events.filter((event) => event["type"] === type).map(({ part }) => (part as ProgramEvent)["text"]);
}

function failureOf(events: ProgramEvent[]): Record<string, unknown> {
  const { error } = events.find(({ type }) => type === "error") as { error: { data: Record<string, unknown> } };
  return error.data;
}

/** Upstream's conversation after opencode's instructions; opencode puts a prompt of the command line in quotes. */
function conversation(): string[] {
  const [, ...lines] = lastConversation(upstream);
  return lines.map((line) => line.replace(/^user: "(.*)"\n?$/, "user: $1"));
}

function bash(command: string) {
  return { name: "bash", arguments: { command, description: "Run it" } };
}

/** Starts `opencode serve`, which is what its editor extensions and its desktop program talk to. */
async function withServer<Result>(use: (url: string) => Promise<Result>): Promise<Result> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const stopping = new AbortController();
  const serving = opencode.run(["serve", "--pure", "--port", String(port)], { signal: stopping.signal });
  const url = `http://127.0.0.1:${port}`;
  try {
    while (!(await isUp(url))) await sleep(50);
    return await use(url);
  } finally {
    stopping.abort();
    await serving;
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/config`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** The data of a stream of events. */
async function* readEvents(response: Response): AsyncGenerator<ProgramEvent> {
  let pending = "";
  for await (const bytes of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (pending + bytes).split("\n\n");
    pending = events.pop() ?? "";
    for (const event of events) yield JSON.parse(event.replace(/^data: /, "")) as ProgramEvent;
  }
}

/** Asks through the server, as an editor does, and gives what comes piece by piece: thoughts, then the text. */
function stream(
  prompt: string,
  { variant, onDelta }: { variant?: string; onDelta: (delta: unknown) => void },
): Promise<unknown[]> {
  return withServer(async (url) => {
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const listening = new AbortController();
    const events = readEvents(await fetch(`${url}/event`, { signal: listening.signal }));
    const { id } = (await (await post("/session", { title: "t" })).json()) as { id: string };
    const parts = [{ type: "text", text: prompt }];
    const asking = post(`/session/${id}/message`, { parts, ...(variant !== undefined && { variant }) });
    const deltas: unknown[] = [];
    for await (const { type, properties } of events) {
      if (type === "message.part.delta") {
        const { delta } = properties as ProgramEvent;
        deltas.push(delta);
        onDelta(delta);
      }
      if (type === "session.idle") break;
    }
    listening.abort();
    await asking;
    return deltas;
  });
}

defineClient(["opencode-linux-x64"], world, {
  async text() {
    upstream.enqueue(answerWith({ reasoning: "A greeting.", text: "Hello there." }));
    const { exitCode, events } = await ask("Say hello.");
    assert.equal(exitCode, 0);
    assert.deepEqual(parts(events, "text"), ["Hello there."]);
    assert.deepEqual(conversation(), ["user: Say hello."]);
  },

  async streaming() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ reasoning: "Count.", text: "One two three.", hold: gate.promise }));
    // Upstream says no more until the first delta has arrived here.
    const deltas = await stream("Count.", { onDelta: (delta) => delta === "One" && gate.resolve() });
    assert.deepEqual(deltas, ["Count", ".", "One", " two", " three", "."]);
  },

  async "one tool round trip"() {
    upstream.enqueue(
      answerWith({ reasoning: "Write it.", calls: [bash("echo hi > made.txt && cat made.txt")] }),
      answerWith({ text: "Written." }),
    );
    const { exitCode, events } = await ask("Write hi into made.txt.");
    assert.equal(exitCode, 0);
    assert.equal(await readFile(join(opencode.directory, "made.txt"), "utf8"), "hi\n");
    assert.deepEqual(parts(events, "text"), ["Written."]);
    const [question, thought, call, output] = conversation();
    assert.deepEqual([question, thought], ["user: Write hi into made.txt.", "assistant thinks: Write it."]);
    assert.match(call ?? "", /^assistant calls #1: bash {"command":"echo hi > made.txt && cat made.txt"/);
    assert.equal(output, "tool #1: hi\n");
  },

  async "two parallel tool calls"() {
    upstream.enqueue(
      answerWith({ reasoning: "Both.", calls: [bash("echo one"), bash("echo two")] }),
      answerWith({ text: "Done." }),
    );
    const { exitCode, events } = await ask("Print one and two.");
    assert.equal(exitCode, 0);
    assert.deepEqual(parts(events, "text"), ["Done."]);
    const lines = conversation();
    assert.deepEqual(lines.slice(0, 2), ["user: Print one and two.", "assistant thinks: Both."]);
    assert.deepEqual(lines.slice(4), ["tool #1: one\n", "tool #2: two\n"]);
  },

  "shell, apply_patch, tool_search": undefined,

  // opencode's answers have no format.
  "structured output": undefined,

  async "multi-turn"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const first = await ask("I am Ann.");
    const { exitCode, events } = await ask("Who am I?", ["--session", String(first.events[0]?.["sessionID"])]);
    assert.equal(exitCode, 0);
    assert.deepEqual(parts(events, "text"), ["Ann."]);
    assert.deepEqual(conversation(), scenes.secondTurn);
  },

  // opencode keeps its sessions itself.
  "multi-turn, stored history": undefined,
  "multi-turn, conversation": undefined,

  async "reasoning, no summary asked"() {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(answerWith({ ...scenes.sum, holdThought: gate.promise }));
    const deltas = await stream("2 + 2?", {
      variant: "low",
      // Upstream says no more until its first thought has arrived here.
      onDelta: () => gate.resolve(),
    });
    assert.deepEqual(deltas, [...scenes.thoughts, "Four", "."]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "low");
  },

  async "reasoning, summary asked"() {
    upstream.enqueue(answerWith({ reasoning: "Two and two.", text: "Four." }));
    const { events } = await ask("2 + 2?", ["--variant", "high", "--thinking"]);
    assert.deepEqual([parts(events, "reasoning"), parts(events, "text")], [["Two and two."], ["Four."]]);
    assert.equal(inputsOf(upstream)[0]?.["reasoning_effort"], "high");
  },

  async "an invalid request"() {
    const models = { "@cf/openai/gpt-oss-20b": { options: { reasoningEffort: "enormous" } } };
    const env = { OPENCODE_CONFIG_CONTENT: JSON.stringify({ provider: { "workers-ai": { models } } }) };
    const { exitCode, events } = await ask("2 + 2?", [], { env });
    assert.equal(exitCode, 1);
    const { message, statusCode, responseBody } = failureOf(events);
    assert.deepEqual([statusCode, message], [400, scenes.refusal.message]);
    const { error: shown } = JSON.parse(String(responseBody)) as { error: Record<string, unknown> };
    assert.deepEqual([shown["type"], shown["param"], shown["code"]], scenes.refusal.fields);
    assert.equal(upstream.calls.length, 0);
  },

  async "429, then success"() {
    upstream.enqueue(outOfCapacity, answerWith({ text: "Here now." }));
    const { exitCode, events } = await ask("Hi.");
    assert.equal(exitCode, 0);
    assert.deepEqual(parts(events, "text"), ["Here now."]);
    assert.equal(upstream.calls.length, 2);
  },

  async "answer cut at the token limit"() {
    upstream.enqueue(answerWith({ text: "One two", truncated: true }));
    const { events } = await ask("Count.");
    assert.deepEqual(parts(events, "text"), ["One two"]);
    const { part } = events.find(({ type }) => type === "step_finish") ?? {};
    assert.equal((part as ProgramEvent)["reason"], "length");
    assert.equal(inputsOf(upstream)[0]?.["max_tokens"], 32_000);
  },

  async "upstream dies mid-stream"() {
    upstream.enqueue(answerWith({ text: "Half an answer.", dies: true }), answerWith({ text: "A whole answer." }));
    const { exitCode, events } = await ask("Hi.");
    assert.equal(exitCode, 0);
    assert.deepEqual(parts(events, "text"), ["A whole answer."]);
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
