import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { readEvents } from "../support/read-events.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";
import { stateObjects } from "../support/state-objects.ts";

const apiKey = "key-one-0123456789";
let upstream: ScriptedUpstream;
let workerd: Workerd;
let client: OpenAI;
let directory: string;

function start(): Promise<Workerd> {
  return startWorkerd({
    workers: [
      {
        name: "api",
        modulePath: inject("bundlePath"),
        vars: { API_KEYS: `alice:${apiKey},bob:key-two-0123456789` },
        durableObjects: stateObjects,
      },
      {
        name: "compat",
        modulePath: inject("bundlePath"),
        vars: { API_KEYS: `alice:${apiKey}`, MODE: "compat" },
        durableObjects: stateObjects,
      },
    ],
    upstreamAddress: upstream.address,
    storagePath: join(directory, "storage"),
  });
}

function clientOf(server: Workerd, key = apiKey): OpenAI {
  return new OpenAI({ apiKey: key, baseURL: `${server.url()}/v1`, maxRetries: 0 });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "background-"));
  upstream = await startScriptedUpstream();
  workerd = await start();
  client = clientOf(workerd);
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => upstream.clear());

const model = "gpt-oss-20b";

function message(text: unknown) {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

function answerOf(text: string) {
  return {
    id: "resp_upstream",
    object: "response",
    created_at: 1,
    status: "completed",
    model,
    output: [message(text)],
  };
}

function frame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** A stream of `deltas` text deltas; with its opening and closing events it has 8 more. */
function* streamOf(deltas: number): Generator<string> {
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const opened = { ...answerOf(""), status: "in_progress", output: [] };
  yield frame("response.created", { response: opened });
  yield frame("response.in_progress", { response: opened });
  yield frame("response.output_item.added", {
    output_index: 0,
    item: { ...message(""), status: "in_progress", content: [] },
  });
  yield frame("response.content_part.added", { ...place, part: { type: "output_text", text: "", annotations: [] } });
  for (let index = 0; index < deltas; index++)
    yield frame("response.output_text.delta", { ...place, delta: `${index} ` });
  const text = Array.from({ length: deltas }, (_, index) => `${index} `).join("");
  yield frame("response.output_text.done", { ...place, text });
  yield frame("response.content_part.done", { ...place, part: { type: "output_text", text, annotations: [] } });
  yield frame("response.output_item.done", { output_index: 0, item: message(text) });
  yield frame("response.completed", { response: answerOf(text) });
}

async function waitForEnd(id: string, by = client): Promise<OpenAI.Responses.Response> {
  for (;;) {
    const response = await by.responses.retrieve(id);
    if (response.status !== "queued" && response.status !== "in_progress") return response;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Asks for a streamed background run and reads its first event. */
async function openStream(by = client) {
  const stream = await by.responses.create({ model, input: "x", background: true, stream: true });
  const events = stream[Symbol.asyncIterator]();
  const { value: first } = await events.next();
  if (first?.type !== "response.created") throw new Error("the stream does not begin with response.created");
  return { id: first.response.id, first, events, stream };
}

/** The text of the events after `startingAfter`, as they come over the wire, to the end. */
async function readRest(id: string, startingAfter?: number, worker = "api"): Promise<string> {
  const query = startingAfter === undefined ? "" : `&starting_after=${startingAfter}`;
  const response = await fetch(`${workerd.url(worker)}/v1/responses/${id}?stream=true${query}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(response.status).toBe(200);
  return response.text();
}

describe("a background response", () => {
  test("is queued at once, and completes under its own id", async () => {
    upstream.enqueue({ body: JSON.stringify(answerOf("done")) });
    const queued = await client.responses.create({ model, input: "x", background: true, metadata: { a: "b" } });
    expect(queued).toMatchObject({ status: "queued", background: true, store: true, output: [], metadata: { a: "b" } });
    const response = await waitForEnd(queued.id);
    expect(response).toMatchObject({
      id: queued.id,
      status: "completed",
      background: true,
      store: true,
      metadata: { a: "b" },
      output: [message("done")],
      created_at: queued.created_at,
    });
    expect(upstream.calls[0]?.inputs).toEqual({ model: undefined, input: "x", metadata: { a: "b" } });
  });

  test("takes the largest body that the limit allows, also with a character outside Latin-1", async () => {
    const input = `${"a".repeat(16_700_000)}€`;
    for (const background of [true, false]) {
      upstream.enqueue({ body: JSON.stringify({ ...answerOf("done"), id: "resp_large" }) });
      const { id } = await client.responses.create({ model, input, background });
      expect(await waitForEnd(id)).toMatchObject({ status: "completed" });
      const { data } = await client.responses.inputItems.list(id);
      expect(data).toMatchObject([{ content: [{ type: "input_text" }] }]);
      expect(JSON.stringify(data).includes(input)).toBe(true);
    }
    const [inBackground, inForeground] = upstream.calls.map(({ inputsText }) => inputsText);
    expect(inBackground === inForeground).toBe(true);
  });

  test("ends with upstream's error when upstream refuses", async () => {
    upstream.enqueue({ status: 429, body: JSON.stringify({ internalCode: 3040, description: "no capacity" }) });
    const queued = await client.responses.create({ model, input: "x", background: true });
    const response = await waitForEnd(queued.id);
    expect(response.status).toBe("failed");
    expect(response.error?.code).toBe("out_of_capacity");
  });

  test("can't be continued until it has ended", async () => {
    upstream.enqueue("hang");
    const queued = await client.responses.create({ model, input: "one", background: true });
    const call = await upstream.nextCall();
    await expect(
      client.responses.create({ model, input: "two", previous_response_id: queued.id }),
    ).rejects.toMatchObject({
      status: 400,
      code: "previous_response_not_finished",
      param: "previous_response_id",
    });
    await client.responses.cancel(queued.id);
    await call.closed;
    upstream.enqueue({ body: JSON.stringify(answerOf("two")) });
    await client.responses.create({ model, input: "two", previous_response_id: queued.id });
    expect(upstream.calls[1]?.inputs).toEqual({
      input: [
        { type: "message", role: "user", content: "one" },
        { type: "message", role: "user", content: "two" },
      ],
    });
  });

  test("is refused with store: false", async () => {
    await expect(client.responses.create({ model, input: "x", background: true, store: false })).rejects.toMatchObject({
      status: 400,
      code: "background_needs_store",
      param: "store",
    });
    expect(upstream.calls).toEqual([]);
  });

  test("ends as incomplete when upstream's answer does", async () => {
    const cut = { ...answerOf("half"), status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    upstream.enqueue({ body: JSON.stringify(cut) });
    const queued = await client.responses.create({ model, input: "x", background: true });
    expect(await waitForEnd(queued.id)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    });
  });

  test("without a stream has no events during the run, and is replayed after it", async () => {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(async () => {
      await gate.promise;
      return { body: JSON.stringify(answerOf("done")) };
    });
    const { id } = await client.responses.create({ model, input: "x", background: true });
    await upstream.nextCall();
    await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({
      status: 400,
      code: "response_not_streamed",
    });
    gate.resolve();
    await waitForEnd(id);
    const types: string[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true })) types.push(event.type);
    expect(types).toHaveLength(9);
    expect(types.at(-1)).toBe("response.completed");
  });
});

describe("cancel", () => {
  test("ends the run and its upstream call, and keeps what was finished", async () => {
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: [...streamOf(3)].slice(0, -1),
      ending: "hang",
    });
    const { id, events } = await openStream();
    for (;;) {
      const { value } = await events.next();
      if (value?.type === "response.output_item.done") break;
    }
    const cancelled = await client.responses.cancel(id);
    expect(cancelled).toMatchObject({ id, status: "cancelled", error: null, output: [message("0 1 2 ")] });
    expect((await upstream.calls[0]?.closed)?.outcome).toBe("aborted");
    const { value: last } = await events.next();
    expect(last).toMatchObject({ type: "response.failed", response: { id, status: "cancelled" } });
    expect((await events.next()).done).toBe(true);
    expect(await client.responses.retrieve(id)).toMatchObject({ status: "cancelled" });
    expect(await client.responses.cancel(id)).toMatchObject({ status: "cancelled" });
  });

  test("of a run without a stream is replayed as a cancelled Response", async () => {
    upstream.enqueue("hang");
    const { id } = await client.responses.create({ model, input: "x", background: true });
    await upstream.nextCall();
    await client.responses.cancel(id);
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true })) events.push(event);
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: { id, status: "cancelled", error: null, output: [] },
    });
  });

  test("leaves a finished response as it is", async () => {
    upstream.enqueue({ body: JSON.stringify(answerOf("done")) });
    const { id } = await client.responses.create({ model, input: "x", background: true });
    await waitForEnd(id);
    expect(await client.responses.cancel(id)).toMatchObject({ status: "completed", output: [message("done")] });
  });

  test("is refused for a response that is not in the background", async () => {
    upstream.enqueue({ body: JSON.stringify({ ...answerOf("x"), id: "resp_foreground" }) });
    await client.responses.create({ model, input: "x" });
    await expect(client.responses.cancel("resp_foreground")).rejects.toMatchObject({
      status: 400,
      code: "response_not_in_background",
    });
  });

  test("of another key's run is 404, as is every other call of it", async () => {
    upstream.enqueue("hang");
    const { id } = await client.responses.create({ model, input: "x", background: true });
    await upstream.nextCall();
    const bob = clientOf(workerd, "key-two-0123456789");
    const missing = { status: 404, code: "response_not_found" };
    await expect(bob.responses.cancel(id)).rejects.toMatchObject(missing);
    await expect(bob.responses.retrieve(id)).rejects.toMatchObject(missing);
    await expect(bob.responses.retrieve(id, { stream: true })).rejects.toMatchObject(missing);
    await expect(bob.responses.delete(id)).rejects.toMatchObject(missing);
    expect(upstream.openCalls()).toHaveLength(1);
    await client.responses.delete(id);
    expect((await upstream.calls[0]?.closed)?.outcome).toBe("aborted");
    await expect(client.responses.retrieve(id)).rejects.toMatchObject(missing);
  });
});

describe("a streamed background response", () => {
  test("sends every event once, numbered, under one id", async () => {
    upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: streamOf(50) });
    const { id, first, events } = await openStream();
    const all = [first];
    for (let next = await events.next(); next.done !== true; next = await events.next()) all.push(next.value);
    expect(all.map((event) => event.sequence_number)).toEqual(Array.from({ length: 59 }, (_, index) => index));
    expect(all.slice(0, 4).map(({ type }) => type)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
      "response.output_item.added",
    ]);
    const responses = all.flatMap((event) => ("response" in event ? [event.response] : []));
    expect(responses.map((response) => [response.id, response.background])).toEqual(
      Array.from({ length: 4 }, () => [id, true]),
    );
    expect(all.at(-1)).toMatchObject({ type: "response.completed", response: { status: "completed" } });
    expect(await client.responses.retrieve(id)).toEqual({
      ...responses.at(-1),
      output_text: expect.stringMatching(/^0 1 2 .* 49 $/),
    });
  });

  test("makes events from an answer that upstream sent as JSON", async () => {
    upstream.enqueue({ body: JSON.stringify(answerOf("whole")) });
    const { id, events } = await openStream();
    const types: string[] = [];
    for (let next = await events.next(); next.done !== true; next = await events.next()) types.push(next.value.type);
    expect(types).toEqual([
      "response.queued",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(await client.responses.retrieve(id)).toMatchObject({ output: [message("whole")] });
  });

  test("goes on when its client leaves, and is read to the end by starting_after", async () => {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: (async function* () {
        const frames = [...streamOf(40)];
        yield* frames.slice(0, 20);
        await gate.promise;
        yield* frames.slice(20);
      })(),
    });
    const { id, events, stream } = await openStream();
    let seen = 0;
    while (seen < 15) seen = (await events.next()).value?.sequence_number ?? seen;
    stream.controller.abort();
    const rest = client.responses.retrieve(id, { stream: true, starting_after: seen });
    const numbers: number[] = [];
    for await (const event of await rest) {
      numbers.push(event.sequence_number);
      gate.resolve();
    }
    expect(numbers).toEqual(Array.from({ length: 49 - 16 }, (_, index) => 16 + index));
  });

  test("fails with what was finished when upstream dies, at every tenth event", async () => {
    const frames = [...streamOf(53)];
    for (let cut = 10; cut < frames.length; cut += 10) {
      upstream.enqueue({
        headers: { "content-type": "text/event-stream" },
        body: frames.slice(0, cut),
        ending: cut % 20 === 0 ? "reset" : "end",
      });
      const { id, events } = await openStream();
      const all: OpenAI.Responses.ResponseStreamEvent[] = [];
      for (let next = await events.next(); next.done !== true; next = await events.next()) all.push(next.value);
      // Two more than upstream sent (created, queued and in_progress are the object's), and the failure.
      expect(all.map((event) => event.sequence_number)).toEqual(
        Array.from({ length: cut + 1 }, (_, index) => index + 1),
      );
      expect(all.at(-1)).toMatchObject({
        type: "response.failed",
        response: {
          id,
          status: "failed",
          error: { code: "upstream_stream_broken", message: "The model's answer broke off. Send the request again." },
          output: cut === frames.length - 1 ? [message(expect.any(String))] : [],
        },
      });
      expect(await client.responses.retrieve(id)).toMatchObject({ status: "failed" });
    }
  });

  test("breaks off for its readers when it is deleted during the run", async () => {
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: [...streamOf(3)].slice(0, 5),
      ending: "hang",
    });
    const { id, events } = await openStream();
    await upstream.nextCall();
    await client.responses.delete(id);
    await expect(
      (async () => {
        while ((await events.next()).done !== true);
      })(),
    ).rejects.toThrow();
    expect((await upstream.calls[0]?.closed)?.outcome).toBe("aborted");
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test("gives 50 readers who join and leave at random each of 2,000 events once, in order", async () => {
    const deltas = 2_000 - 9;
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: (async function* () {
        const frames = [...streamOf(deltas)];
        for (let from = 0; from < frames.length; from += 20) {
          yield frames.slice(from, from + 20).join("");
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })(),
    });
    const { id } = await openStream();
    let cuts = 0;
    const readers = Array.from({ length: 50 }, async (_reader, seed) => {
      let random = seed + 1;
      let text = "";
      let last = -1;
      while (!text.endsWith("data: [DONE]\n\n")) {
        random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
        const piece = await readSome(id, last, 200 + (random % 120_000));
        // A cut in the midst of an event loses it: it is read again.
        text += piece.slice(0, piece.lastIndexOf("\n\n") + 2);
        last = Number([...text.matchAll(/"sequence_number":(\d+)/g)].at(-1)?.[1] ?? -1);
        cuts += 1;
      }
      return text;
    });
    const texts = await Promise.all(readers);
    const whole = await readRest(id);
    const numbers = [...whole.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
    expect(texts.filter((text) => text !== whole)).toHaveLength(0);
    console.log(`50 readers, ${cuts} connections, ${numbers.length} events each`);
  }, 60_000);
});

/** Reads about `length` characters of the events after `startingAfter`, then leaves. */
async function readSome(id: string, startingAfter: number, length: number): Promise<string> {
  const query = startingAfter < 0 ? "" : `&starting_after=${startingAfter}`;
  const controller = new AbortController();
  const response = await fetch(`${workerd.url()}/v1/responses/${id}?stream=true${query}`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: controller.signal,
  });
  let text = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.length >= length && !text.endsWith("[DONE]\n\n")) break;
  }
  controller.abort();
  return text;
}

function chatChunk(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

/** The chat branch's stream of one thought and `deltas` text deltas. */
function* chatStreamOf(deltas: number): Generator<string> {
  yield chatChunk({ role: "assistant", content: "" });
  yield chatChunk({ reasoning_content: "thought" });
  for (let index = 0; index < deltas; index++) yield chatChunk({ content: `${index} ` });
  yield chatChunk({}, "stop");
  yield `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })}\n\n`;
  yield "data: [DONE]\n\n";
}

describe("a streamed background response in compat mode", () => {
  test("goes on when its client leaves, and is read on exactly from any event, during the run and after it", async () => {
    const gate = Promise.withResolvers<void>();
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: (async function* () {
        const frames = [...chatStreamOf(40)];
        yield* frames.slice(0, 20);
        await gate.promise;
        yield* frames.slice(20);
      })(),
    });
    const compat = new OpenAI({ apiKey, baseURL: `${workerd.url("compat")}/v1`, maxRetries: 0 });
    const { id, first, events, stream } = await openStream(compat);
    const seen = [first];
    while (seen.length < 16) {
      const { value } = await events.next();
      if (value !== undefined) seen.push(value);
    }
    stream.controller.abort();
    const during: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await compat.responses.retrieve(id, { stream: true, starting_after: 15 })) {
      during.push(event);
      gate.resolve(); // Upstream says the second half only when a reader follows who has come back.
    }
    const all = readEvents(await readRest(id, undefined, "compat"));
    expect([...seen, ...during]).toEqual(all);
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_event, index) => index));
    expect(all.map(({ type }) => type)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      ...Array.from({ length: 40 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    for (let after = 0; after < all.length; after++) {
      expect(readEvents(await readRest(id, after, "compat"))).toEqual(all.slice(after + 1));
    }
    const text = Array.from({ length: 40 }, (_, index) => `${index} `).join("");
    const { output_text, ...response } = await compat.responses.retrieve(id);
    expect({ text: output_text, status: response.status }).toEqual({ text, status: "completed" });
    expect(all.at(-1)?.["response"]).toEqual(response);
    expect(upstream.calls).toHaveLength(1);
  });
});

describe("a webhook", () => {
  test("reports each kind of end, signed as openai-node verifies it, and is retried until the receiver takes it", async () => {
    const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const received: { path: string; body: string; headers: Headers }[] = [];
    const receiver = createServer((request, response) => {
      void (async () => {
        let body = "";
        for await (const piece of request) body += String(piece);
        const sent = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
        received.push({ path: `${request.headers.host}${request.url}`, body, headers: new Headers(sent) });
        response.writeHead(received.length === 1 ? 500 : 204).end();
      })();
    });
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const address = receiver.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const server = await startWorkerd({
      workers: [
        {
          name: "api",
          modulePath: inject("bundlePath"),
          vars: {
            API_KEYS: `alice:${apiKey}`,
            WEBHOOK_URL: "https://receiver.example/hook?a=b",
            WEBHOOK_SECRET: secret,
          },
          durableObjects: stateObjects,
          outboundAddress: `127.0.0.1:${port}`,
        },
      ],
      upstreamAddress: upstream.address,
      storagePath: join(directory, "webhooks"),
    });
    try {
      const alice = clientOf(server);
      upstream.enqueue({ body: JSON.stringify(answerOf("done")) }, "hang");
      const done = await alice.responses.create({ model, input: "x", background: true });
      await waitForEnd(done.id, alice);
      await expect.poll(() => received.length).toBe(1);
      const stopped = await alice.responses.create({ model, input: "x", background: true });
      await alice.responses.cancel(stopped.id);
      await expect.poll(() => received.length, { timeout: 10_000 }).toBe(3);
      const events = await Promise.all(
        received.map(({ body, headers }) => alice.webhooks.unwrap(body, headers, secret)),
      );
      const ids = new Map(
        events.map((event) => [
          event.id,
          event.type === "response.completed" || event.type === "response.cancelled" ? event.data.id : event.type,
        ]),
      );
      expect(new Map([...ids].map(([, id]) => [id, true]))).toEqual(
        new Map([
          [done.id, true],
          [stopped.id, true],
        ]),
      );
      expect(events.map(({ type }) => type).toSorted()).toEqual([
        "response.cancelled",
        "response.completed",
        "response.completed",
      ]);
      expect(new Set(received.map(({ path }) => path))).toEqual(new Set(["receiver.example/hook?a=b"]));
    } finally {
      await server.stop();
      receiver.close();
    }
  });
});

describe("a killed process", () => {
  test("loses nothing that was stored, and fails what was in progress", async () => {
    const server = await start();
    const alice = clientOf(server);
    upstream.enqueue({ body: JSON.stringify(answerOf("kept")) });
    const kept = await alice.responses.create({ model, input: "x", background: true });
    await waitForEnd(kept.id, alice);
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: [...streamOf(30)].slice(0, 20),
      ending: "hang",
    });
    const { id, first, events } = await openStream(alice);
    const before = [first];
    while (before.length < 21) {
      const { value } = await events.next();
      if (value !== undefined) before.push(value);
    }
    process.kill(server.processId, "SIGKILL");
    await server.stop();

    const again = await start();
    try {
      const after = clientOf(again);
      expect(await after.responses.retrieve(kept.id)).toMatchObject({ status: "completed", output: [message("kept")] });
      const lost = await waitForEnd(id, after);
      expect(lost).toMatchObject({ status: "failed", error: { code: "background_run_lost" } });
      const all: OpenAI.Responses.ResponseStreamEvent[] = [];
      for await (const event of await after.responses.retrieve(id, { stream: true })) all.push(event);
      expect(all.slice(0, 21)).toEqual(before);
      expect(all.slice(21)).toMatchObject([{ type: "response.failed", sequence_number: 21, response: { id } }]);
    } finally {
      await again.stop();
    }
  });
});
