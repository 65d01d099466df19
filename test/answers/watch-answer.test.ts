import { describe, expect, it } from "vitest";
import { type AnswerOutcome, watchAnswer } from "../../src/answers/watch-answer.ts";
import type { ModelAnswer } from "../../src/workers-ai/read-answer.ts";
import vllmStream from "../fixtures/upstream/vllm-responses.abridged.sse?raw";
import vllmJson from "../fixtures/upstream/vllm-responses.json?raw";

const encoder = new TextEncoder();

/** An answer whose body comes in the given pieces; `ending` says what follows the last. */
function makeAnswer(
  kind: ModelAnswer["kind"],
  pieces: readonly (string | Uint8Array)[],
  ending: "end" | "break" | "hang" = "end",
) {
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
  const answer: ModelAnswer = { kind, contentType: "test", body, upstreamId: "call-1" };
  return { answer, state };
}

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

async function watchWhole(kind: ModelAnswer["kind"], pieces: readonly (string | Uint8Array)[], ending?: "break") {
  const { answer } = makeAnswer(kind, pieces, ending);
  const watched = watchAnswer(answer);
  const { bytes, broke } = await readAll(watched.answer.body);
  return { text: new TextDecoder().decode(bytes), bytes, broke, outcome: await watched.outcome };
}

/** An event that says an item is finished. */
function itemDone(index: number, id: string): string {
  return `event: response.output_item.done\ndata: {"output_index":${index},"item":{"id":"${id}"}}\n\n`;
}

/** Reads until nothing more comes while `beforeEnd` is pending, then lets it go. */
async function readAround(kind: ModelAnswer["kind"], pieces: readonly string[]) {
  const { answer } = makeAnswer(kind, pieces);
  const gate = Promise.withResolvers<void>();
  const called = Promise.withResolvers<AnswerOutcome>();
  const watched = watchAnswer(answer, (outcome) => {
    called.resolve(outcome);
    return gate.promise;
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const piece of watched.answer.body) seen.push(new TextDecoder().decode(piece));
  })();
  const outcome = await called.promise;
  await scheduler.wait(5);
  const before = seen.join("");
  gate.resolve();
  await reading;
  return { before, after: seen.join(""), outcome };
}

const completed = '{"type":"response.completed","response":{"id":"resp_1","status":"completed"},"sequence_number":9}';

describe("the answer", () => {
  it.each([
    ["json", vllmJson],
    ["event-stream", vllmStream],
    ["event-stream", vllmStream.replaceAll("\n", "\r\n")],
    ["event-stream", vllmStream.replaceAll("\n", "\r")],
  ] as const)("goes on byte for byte however it is cut: %s", async (kind, source) => {
    const bytes = encoder.encode(source);
    for (let seed = 1; seed <= 20; seed++) {
      const watched = await watchWhole(kind, cutAtRandom(bytes, seed));
      expect(watched.broke).toBe(false);
      expect(watched.text === source).toBe(true);
      expect(watched.outcome).toMatchObject({ ending: "whole", response: { status: "completed", object: "response" } });
    }
  });

  it("goes on unchanged when it is no text at all", async () => {
    const noise = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 167 + (index >> 3)) % 256);
    for (const kind of ["json", "event-stream"] as const) {
      const watched = await watchWhole(kind, cutAtRandom(noise, 7));
      expect(watched.bytes).toEqual(noise);
      expect(watched.outcome).toMatchObject({ ending: "broken", response: undefined, partial: undefined });
    }
  });

  it("keeps all its fields", () => {
    const { answer } = makeAnswer("json", ["{}"]);
    const watched = watchAnswer(answer);
    expect(watched.answer).toMatchObject({ kind: "json", contentType: "test", upstreamId: "call-1" });
  });

  it("breaks for the client where upstream broke, after all that came", async () => {
    const watched = await watchWhole("event-stream", ["event: response.created\n", 'data: {"type"'], "break");
    expect(watched.text).toBe('event: response.created\ndata: {"type"');
    expect(watched.broke).toBe(true);
    expect(watched.outcome).toMatchObject({ ending: "broken", response: undefined, partial: undefined });
  });
});

describe("the byte that completes the Response", () => {
  it("waits in JSON", async () => {
    const { before, after, outcome } = await readAround("json", ['{"id":', '"resp_1"}']);
    expect(before).toBe('{"id":"resp_1"');
    expect(after).toBe('{"id":"resp_1"}');
    expect(outcome).toMatchObject({ ending: "whole", response: { id: "resp_1" } });
  });

  it.each([
    ["in one piece", [`event: x\ndata: {}\n\nevent: response.completed\ndata: ${completed}\n\ndata: [DONE]\n\n`]],
    ["in two", ["event: x\ndata: {}\n\n", `event: response.completed\ndata: ${completed}\n\ndata: [DONE]\n\n`]],
    [
      "cut before its last byte",
      [`event: x\ndata: {}\n\nevent: response.completed\ndata: ${completed}\n`, "\ndata: [DONE]\n\n"],
    ],
  ])("waits in a stream %s", async (_how, pieces) => {
    const { before, after, outcome } = await readAround("event-stream", pieces);
    expect(before).toBe(`event: x\ndata: {}\n\nevent: response.completed\ndata: ${completed}\n`);
    expect(after).toBe(pieces.join(""));
    expect(outcome).toMatchObject({ ending: "whole", response: { id: "resp_1" } });
  });

  it("goes on when the watcher fails", async () => {
    const { answer } = makeAnswer("json", ['{"id":"resp_1"}']);
    const watched = watchAnswer(answer, () => Promise.reject(new Error("no room")));
    expect((await readAll(watched.answer.body)).broke).toBe(false);
    expect(await watched.outcome).toMatchObject({ ending: "whole" });
  });
});

describe("the outcome", () => {
  it("finds a terminal event without an event line", async () => {
    const { outcome } = await watchWhole("event-stream", [`data: ${completed}\n\n`]);
    expect(outcome).toMatchObject({ ending: "whole", response: { id: "resp_1", status: "completed" } });
  });

  it("keeps numbers that a double can't hold", async () => {
    const { outcome } = await watchWhole("json", ['{"id":"a","metadata":{"n":12345678901234567890}}']);
    expect(JSON.stringify(outcome.response)).toBe('{"id":"a","metadata":{"n":12345678901234567890}}');
  });

  it("is broken when a stream ends properly but has no terminal event, and says how far it came", async () => {
    const { outcome, broke } = await watchWhole("event-stream", [
      'event: response.created\ndata: {"response":{"id":"resp_2","status":"in_progress","output":[]}}\n\n',
      itemDone(1, "second") + itemDone(0, "first"),
      'event: response.output_text.delta\ndata: {"delta":"lost',
    ]);
    expect(broke).toBe(false);
    expect(outcome).toMatchObject({
      ending: "broken",
      response: undefined,
      partial: { id: "resp_2", status: "in_progress", output: [{ id: "first" }, { id: "second" }] },
    });
  });

  it("is broken for a terminal event that is not JSON", async () => {
    const { outcome } = await watchWhole("event-stream", ["event: response.completed\ndata: {oops\n\n"]);
    expect(outcome).toMatchObject({ ending: "broken", response: undefined });
  });

  it("is whole without a Response when that is over 16 MiB, and the bytes still pass", async () => {
    const piece = new Uint8Array(1_048_576).fill(0x61);
    const pieces = Array.from({ length: 17 }, () => piece);
    const start = 'event: response.completed\ndata: {"response":{"text":"';
    for (const [kind, all] of [
      ["event-stream", [encoder.encode(start), ...pieces, encoder.encode('"}}\n\n')]],
      ["json", [encoder.encode('{"text":"'), ...pieces, encoder.encode('"}')]],
    ] as const) {
      const watched = watchAnswer(makeAnswer(kind, all).answer);
      let length = 0;
      for await (const bytes of watched.answer.body) length += bytes.length;
      expect(length).toBe(all.reduce((sum, bytes) => sum + bytes.length, 0));
      expect(await watched.outcome).toMatchObject({ ending: "whole", response: undefined });
    }
  });

  it("is client_left, and upstream is cancelled, when the client leaves while upstream is silent", async () => {
    const opened = 'event: response.created\ndata: {"response":{"id":"resp_3"}}\n\n';
    const { answer, state } = makeAnswer("event-stream", [opened], "hang");
    const watched = watchAnswer(answer);
    const reader = watched.answer.body.getReader();
    await reader.read();
    await reader.cancel();
    expect(await watched.outcome).toMatchObject({ ending: "client_left", partial: { id: "resp_3", output: [] } });
    expect(state.cancelled).toBe(true);
  });

  it("tells when the first byte came and when all was over", async () => {
    const before = Date.now();
    const { outcome } = await watchWhole("json", ["{}"]);
    expect(outcome.firstByteAt).toBeGreaterThanOrEqual(before);
    expect(outcome.endedAt).toBeGreaterThanOrEqual(outcome.firstByteAt ?? Infinity);
  });
});
