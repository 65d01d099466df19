import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { readLog } from "../support/read-log.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";
import { stateObjects } from "../support/state-objects.ts";

const apiKey = "key-one-0123456789";
const model = "gpt-oss-20b";
let upstream: ScriptedUpstream;
let workerd: Workerd;
let client: OpenAI;
let directory: string;

/** A Worker `api` with storage on disk, one like it that a test breaks, `failing`, and `stateless` without. */
function startAll(): Promise<Workerd> {
  const vars = { API_KEYS: `alice:${apiKey}` };
  const modulePath = inject("bundlePath");
  return startWorkerd({
    workers: [
      {
        name: "api",
        modulePath,
        vars,
        durableObjects: stateObjects,
      },
      { name: "stateless", modulePath, vars },
      { name: "failing", modulePath, vars, durableObjects: stateObjects },
    ],
    upstreamAddress: upstream.address,
    storagePath: join(directory, "storage"),
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "state-"));
  upstream = await startScriptedUpstream();
  workerd = await startAll();
  client = new OpenAI({ apiKey, baseURL: `${workerd.url()}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => upstream.clear());

function message(text: string) {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { id: `msg_${text}`, type: "message", role: "assistant", status: "completed", content };
}

function answerOf(id: string, text: string) {
  return { id, object: "response", created_at: 1, status: "completed", model, output: [message(text)] };
}

function frame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** A stream of 40 events. */
function streamOf(id: string): string[] {
  const whole = answerOf(id, "done");
  const deltas = Array.from({ length: 36 }, (_, index) =>
    frame("response.output_text.delta", { item_id: "msg_done", output_index: 0, content_index: 0, delta: `${index}` }),
  );
  return [
    frame("response.created", { response: { ...whole, status: "in_progress", output: [] } }),
    frame("response.output_item.added", { output_index: 0, item: message("") }),
    ...deltas,
    frame("response.output_item.done", { output_index: 0, item: message("done") }),
    frame("response.completed", { response: whole }),
  ];
}

const eventStream = { "content-type": "text/event-stream" };
let made = 0;
const newId = (): string => `resp_state_${++made}`;

describe("openai-node", () => {
  test("calls every endpoint of a response", async () => {
    const id = newId();
    upstream.enqueue({ body: JSON.stringify(answerOf(id, "hi")) });
    await client.responses.create({ model, input: [1, 2, 3].map((n) => ({ role: "user", content: `n${n}` })) });
    expect(await client.responses.retrieve(id)).toMatchObject({ id, status: "completed", output_text: "hi" });
    const texts: unknown[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: "asc" })) {
      if (item.type === "message") texts.push(item.content[0]);
    }
    expect(texts).toEqual([1, 2, 3].map((n) => ({ type: "input_text", text: `n${n}` })));
    const numbers: number[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 4 })) {
      numbers.push(event.sequence_number);
    }
    expect(numbers).toEqual([5, 6, 7, 8]);
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404, code: "response_not_found" });
  });

  test("calls every endpoint of a conversation, and continues it", async () => {
    const { id } = await client.conversations.create({
      metadata: { topic: "demo" },
      items: [{ type: "message", role: "user", content: "zero" }],
    });
    expect(await client.conversations.retrieve(id)).toMatchObject({ id, metadata: { topic: "demo" } });
    expect(await client.conversations.update(id, { metadata: { topic: "x" } })).toMatchObject({
      metadata: { topic: "x" },
    });
    upstream.enqueue({ body: JSON.stringify(answerOf(newId(), "two")) });
    await client.responses.create({ model, input: "one", conversation: id });
    upstream.enqueue({ body: JSON.stringify(answerOf(newId(), "four")) });
    const queued = await client.responses.create({ model, input: "three", conversation: { id }, background: true });
    expect(queued.conversation).toEqual({ id });
    await expect.poll(async () => (await client.responses.retrieve(queued.id)).status).toBe("completed");
    const listed: string[] = [];
    for await (const item of client.conversations.items.list(id, { order: "asc", limit: 2 })) {
      listed.push(JSON.stringify("content" in item ? item.content : item).replaceAll(/.*"text":"(\w+)".*/g, "$1"));
    }
    expect(listed).toEqual(["zero", "one", "two", "three", "four"]);
    const added = await client.conversations.items.create(id, { items: [{ role: "user", content: "five" }] });
    const five = added.data[0]?.id ?? "";
    expect(await client.conversations.items.retrieve(five, { conversation_id: id })).toMatchObject({ role: "user" });
    await client.conversations.items.delete(five, { conversation_id: id });
    await expect(client.conversations.items.retrieve(five, { conversation_id: id })).rejects.toMatchObject({
      status: 404,
    });
    expect(await client.conversations.delete(id)).toEqual({ id, object: "conversation.deleted", deleted: true });
    await expect(client.conversations.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });
});

async function post(worker: "api" | "stateless" | "failing", body: object): Promise<string> {
  const response = await fetch(`${workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.text();
}

describe("a native answer", () => {
  test("has the same bytes with storage on, off and absent", async () => {
    for (const stream of [false, true]) {
      const body = () =>
        stream ? streamOf(newId()).join("") : ` ${JSON.stringify(answerOf(newId(), "ž€"), null, 3)}\r\n`;
      for (const [worker, store] of [
        ["api", true],
        ["api", false],
        ["stateless", true],
      ] as const) {
        const sent = body();
        upstream.enqueue({ ...(stream && { headers: eventStream }), body: sent });
        expect(await post(worker, { input: "x", stream, store })).toBe(sent);
      }
    }
  });

  test("can be continued the moment its last byte is read, 50 turns in a row", async () => {
    let previous: string | undefined;
    for (let turn = 0; turn < 50; turn++) {
      const id = newId();
      const stream = turn % 2 === 0;
      upstream.enqueue(
        stream ? { headers: eventStream, body: streamOf(id) } : { body: JSON.stringify(answerOf(id, "hi")) },
      );
      await post("api", { input: "x", stream, ...(previous !== undefined && { previous_response_id: previous }) });
      previous = id;
    }
    expect(upstream.calls.at(-1)?.inputs).toHaveProperty("input.length", 99);
  });

  test("is stored as failed when upstream dies, at every tenth event", async () => {
    const kept: unknown[] = [];
    for (const cut of [10, 20, 30, 39]) {
      for (const ending of ["reset", "end"] as const) {
        const id = newId();
        upstream.enqueue({ headers: eventStream, body: streamOf(id).slice(0, cut), ending });
        await post("api", { input: "x", stream: true }).catch(() => {});
        await expect
          .poll(async () => (await client.responses.retrieve(id).catch(() => undefined))?.status)
          .toBe("failed");
        const response = await client.responses.retrieve(id);
        kept.push([response.error?.code, response.output.length]);
      }
    }
    const broken = ["upstream_stream_broken", 0];
    const lastItem = ["upstream_stream_broken", 1];
    expect(kept).toEqual([...Array.from({ length: 6 }, () => broken), lastItem, lastItem]);
  });

  test("is cancelled upstream and stored as incomplete when its client leaves, also while upstream is silent", async () => {
    const id = newId();
    upstream.enqueue({ headers: eventStream, body: streamOf(id).slice(0, 5), ending: "hang" });
    const connection = await openConnection(workerd.port());
    connection.send(
      renderRequest({
        headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ input: "x", stream: true }),
      }),
    );
    await connection.waitForText("output_text.delta");
    connection.reset();
    const call = await upstream.nextCall();
    expect((await call.closed).outcome).toBe("aborted");
    await expect
      .poll(async () => client.responses.retrieve(id).catch(() => undefined))
      .toMatchObject({ status: "incomplete", incomplete_details: { reason: "client_disconnected" } });
  });
});

describe("storage that fails", () => {
  test("leaves the client every byte of its answer, and is logged", async () => {
    // A file where the objects' directory was: no object can open its database.
    const storage = join(directory, "storage", "failing-Thread");
    await rm(storage, { recursive: true });
    await writeFile(storage, "");
    for (const stream of [false, true]) {
      const id = newId();
      const sent = stream ? streamOf(id).join("") : JSON.stringify(answerOf(id, "hi"));
      upstream.enqueue({ ...(stream && { headers: eventStream }), body: sent });
      expect(await post("failing", { input: "secret", stream })).toBe(sent);
    }
    const failures = () => readLog(workerd).filter(({ fields }) => fields["event"] === "response_not_stored");
    await expect.poll(() => failures().length).toBe(2);
    for (const { fields } of failures()) {
      expect(fields).toEqual({ event: "response_not_stored", request_id: expect.any(String), reason: "Error" });
    }
    const counted = () => readLog(workerd).filter(({ fields }) => fields["not_stored"] === "Error");
    await expect.poll(() => counted().length).toBe(2);
    for (const { fields } of counted())
      expect(fields).toMatchObject({ event: "request", status: 200, ending: "whole" });
    expect(workerd.output()).not.toContain("secret");
    await rm(storage);
  });
});

describe("a killed process", () => {
  test("leaves its run to an alarm, which fails it without a request and never starts it again", async () => {
    upstream.enqueue("hang");
    const { id } = await client.responses.create({ model, input: "x", background: true });
    await upstream.nextCall();
    process.kill(workerd.processId, "SIGKILL");
    await workerd.stop();
    workerd = await startAll();
    client = new OpenAI({ apiKey, baseURL: `${workerd.url()}/v1`, maxRetries: 0 });
    await expect.poll(() => countRunning(join(directory, "storage", "api-BackgroundRun")), { timeout: 10_000 }).toBe(0);
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: "failed",
      error: {
        code: "background_run_lost",
        message: "The Worker was restarted while it made this response. Send the request again.",
      },
    });
    await sleep(100);
    expect(upstream.calls).toHaveLength(1);
  });
});

/** How many objects on disk say that their run is not over. */
async function countRunning(path: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(path)) {
    if (!/^[\da-f]{64}\.sqlite$/.test(name)) continue;
    const database = new DatabaseSync(join(path, name), { readOnly: true });
    const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'run'").all();
    if (tables.length > 0) count += database.prepare("SELECT 1 FROM run WHERE status <> 'final'").all().length;
    database.close();
  }
  return count;
}
