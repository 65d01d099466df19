import { describe, expect, it } from "vitest";
import type { AnswerEnd, BytesAnswer } from "../../src/call.ts";
import { watchBytes } from "../../src/native/watch-bytes.ts";
import vllmStream from "../fixtures/upstream/vllm-responses.abridged.sse?raw";
import vllmJson from "../fixtures/upstream/vllm-responses.json?raw";

const encoder = new TextEncoder();

/** A stream that comes in the given pieces; `ending` says what follows the last. */
function makeStream(pieces: readonly (string | Uint8Array)[], ending: "end" | "break" | "hang" = "end") {
  const state = { cancelled: false };
  let next = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = pieces[next++];
        if (piece !== undefined) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
        else if (ending === "end") controller.close();
        else if (ending === "break") controller.error(new Error("upstream broke"));
        else await new Promise(() => {});
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { answer: bytesAnswer(body), state };
}

function bytesAnswer(body: BytesAnswer["body"]): BytesAnswer {
  const isStream = body instanceof ReadableStream;
  return { kind: "bytes", isStream, contentType: "test", body, upstreamId: "call-1", warnings: new Set() };
}

function jsonOf(text: string | Uint8Array): BytesAnswer {
  return bytesAnswer(Uint8Array.from(typeof text === "string" ? encoder.encode(text) : text).buffer);
}

const noWork = () => Promise.resolve();

const request = { input: "Say hi" };

/** Cuts bytes at places drawn from a seeded generator. */
function cutAtRandom(bytes: Uint8Array, seed: number): Uint8Array[] {
  let state = seed;
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const end = start + 1 + (state % 97);
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<{ bytes: Uint8Array; broke: boolean }> {
  const pieces: number[] = [];
  try {
    for await (const piece of body) pieces.push(...piece);
    return { bytes: Uint8Array.from(pieces), broke: false };
  } catch {
    return { bytes: Uint8Array.from(pieces), broke: true };
  }
}

async function watchAnswer(answer: BytesAnswer) {
  const watched = await watchBytes(answer, request, noWork);
  const body = new Response(watched.answer.body).body ?? new ReadableStream();
  const { bytes, broke } = await readAll(body);
  return { text: new TextDecoder().decode(bytes), bytes, broke, end: await watched.ended };
}

function watchStream(pieces: readonly (string | Uint8Array)[], ending?: "break") {
  return watchAnswer(makeStream(pieces, ending).answer);
}

/** An event that says an item is finished. */
function itemDone(index: number, id: string): string {
  return `event: response.output_item.done\ndata: {"output_index":${index},"item":{"id":"${id}"}}\n\n`;
}

/** Reads until nothing more comes while `beforeEnd` is pending, then lets it go. Gives the writes of either time. */
async function readAround(pieces: readonly string[]) {
  const { answer } = makeStream(pieces);
  const gate = Promise.withResolvers<void>();
  const called = Promise.withResolvers<AnswerEnd>();
  const watched = await watchBytes(answer, request, (end) => {
    called.resolve(end);
    return gate.promise;
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const piece of new Response(watched.answer.body).body ?? []) seen.push(new TextDecoder().decode(piece));
  })();
  const end = await called.promise;
  await scheduler.wait(5);
  const before = [...seen];
  gate.resolve();
  await reading;
  return { before, after: seen.slice(before.length), end };
}

const completed = '{"type":"response.completed","response":{"id":"resp_1","status":"completed"},"sequence_number":9}';
const lastFrame = `event: response.completed\ndata: ${completed}\n\n`;

describe("the answer", () => {
  it.each([
    ["LF", vllmStream],
    ["CRLF", vllmStream.replaceAll("\n", "\r\n")],
    ["CR", vllmStream.replaceAll("\n", "\r")],
  ])("is a stream with %s that goes on byte for byte however it is cut", async (_ending, source) => {
    const bytes = encoder.encode(source);
    for (let seed = 1; seed <= 20; seed++) {
      const watched = await watchStream(cutAtRandom(bytes, seed));
      expect(watched.broke).toBe(false);
      expect(watched.text === source).toBe(true);
      expect(watched.end).toMatchObject({ ending: "whole", response: { status: "completed", object: "response" } });
    }
  });

  it("is JSON that goes on byte for byte", async () => {
    const watched = await watchAnswer(jsonOf(vllmJson));
    expect(watched.text === vllmJson).toBe(true);
    expect(watched.end).toMatchObject({ ending: "whole", response: { status: "completed", object: "response" } });
  });

  it("goes on unchanged when it is no text at all", async () => {
    const noise = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 167 + (index >> 3)) % 256);
    for (const watched of [await watchStream(cutAtRandom(noise, 7)), await watchAnswer(jsonOf(noise))]) {
      expect(watched.bytes).toEqual(noise);
      expect(watched.end).toMatchObject({ ending: "broken", response: undefined });
    }
  });

  it("keeps all its fields", async () => {
    const watched = await watchBytes(jsonOf("{}"), request, noWork);
    expect(watched.answer).toMatchObject({ kind: "bytes", contentType: "test", upstreamId: "call-1" });
  });

  it("breaks for the client where upstream broke, after the last whole frame", async () => {
    const watched = await watchStream(["event: x\ndata: {}\n\nevent: response.created\n", 'data: {"type"'], "break");
    expect(watched.text).toBe("event: x\ndata: {}\n\n");
    expect(watched.broke).toBe(true);
    expect(watched.end).toMatchObject({ ending: "broken", response: undefined });
  });
});

describe("the frame that completes the Response", () => {
  const first = "event: x\ndata: {}\n\n";

  it.each([
    ["in one piece", [`${first}${lastFrame}data: [DONE]\n\n`]],
    ["in two", [first, `${lastFrame}data: [DONE]\n\n`]],
    ["cut in its middle", [first + lastFrame.slice(0, 40), `${lastFrame.slice(40)}data: [DONE]\n\n`]],
    ["cut before its last byte", [first + lastFrame.slice(0, -1), "\ndata: [DONE]\n\n"]],
  ])("waits whole, and goes in one write: %s", async (_how, pieces) => {
    const { before, after, end } = await readAround(pieces);
    expect(before.join("")).toBe(first);
    expect(after[0]?.startsWith(lastFrame)).toBe(true);
    expect([...before, ...after].join("")).toBe(pieces.join(""));
    expect(end).toMatchObject({ ending: "whole", response: { id: "resp_1" } });
  });
});

describe("the end", () => {
  it("is found in a terminal event without an event line", async () => {
    const { end } = await watchStream([`data: ${completed}\n\n`]);
    expect(end).toMatchObject({ ending: "whole", response: { id: "resp_1", status: "completed" } });
  });

  it("has the status that the terminal event names", async () => {
    const { end } = await watchStream(['event: response.incomplete\ndata: {"response":{"id":"resp_1"}}\n\n']);
    expect(end).toMatchObject({ ending: "whole", response: { id: "resp_1", status: "incomplete" } });
  });

  it("keeps numbers that a double can't hold", async () => {
    const { end } = await watchAnswer(jsonOf('{"id":"a","metadata":{"n":12345678901234567890}}'));
    expect(JSON.stringify(end.response)).toBe('{"id":"a","metadata":{"n":12345678901234567890}}');
  });

  it("is broken when a stream ends properly but has no terminal event, and says how far it came", async () => {
    const { end, broke } = await watchStream([
      'event: response.created\ndata: {"response":{"id":"resp_2","status":"in_progress","output":[]}}\n\n',
      itemDone(1, "second") + itemDone(0, "first"),
      'event: response.output_text.delta\ndata: {"delta":"lost',
    ]);
    expect(broke).toBe(false);
    expect(end).toMatchObject({
      ending: "broken",
      response: { id: "resp_2", status: "in_progress", output: [{ id: "first" }, { id: "second" }] },
    });
  });

  it("is broken for a terminal event that is not JSON", async () => {
    const { end } = await watchStream(["event: response.completed\ndata: {oops\n\n"]);
    expect(end).toMatchObject({ ending: "broken", response: undefined });
  });

  it("is whole without a Response when its event is over 16 MiB, and the bytes still pass", async () => {
    const piece = new Uint8Array(1_048_576).fill(0x61);
    const pieces = Array.from({ length: 17 }, () => piece);
    const start = encoder.encode('event: response.completed\ndata: {"response":{"text":"');
    const all = [start, ...pieces, encoder.encode('"}}\n\n')];
    const watched = await watchBytes(makeStream(all).answer, request, noWork);
    let length = 0;
    for await (const bytes of new Response(watched.answer.body).body ?? []) length += bytes.length;
    expect(length).toBe(all.reduce((sum, bytes) => sum + bytes.length, 0));
    expect(await watched.ended).toMatchObject({ ending: "whole", response: undefined });
  });

  it("is client_left, and upstream is cancelled, when the client leaves while upstream is silent", async () => {
    const opened = 'event: response.created\ndata: {"response":{"id":"resp_3"}}\n\n';
    const { answer, state } = makeStream([opened], "hang");
    const watched = await watchBytes(answer, request, noWork);
    const { body } = watched.answer;
    if (!(body instanceof ReadableStream)) throw new Error("the answer is no stream");
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    expect(await watched.ended).toMatchObject({ ending: "client_left", response: { id: "resp_3", output: [] } });
    expect(state.cancelled).toBe(true);
  });

  it("has the counts that upstream gave last, also when the client left before the terminal event", async () => {
    const counted =
      'event: response.in_progress\ndata: {"response":{"usage":{"input_tokens":7,"output_tokens":3}}}\n\n';
    const { end } = await watchStream([counted, itemDone(0, "first")], "break");
    expect(end.tokens).toEqual({ input: 7, cached: 0, output: 3, reasoning: 0, estimated: false });
  });

  it("has an estimate where upstream counted nothing: a token for each delta", async () => {
    const delta = 'event: response.output_text.delta\ndata: {"delta":"x"}\n\n';
    const { end } = await watchStream([delta.repeat(20)], "break");
    expect(end.tokens).toEqual({ input: 2, cached: 0, output: 20, reasoning: 0, estimated: true });
  });
});
