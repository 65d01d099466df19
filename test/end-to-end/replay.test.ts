import { readFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { projectRoot } from "../support/project-paths.ts";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { readEvents } from "../support/read-events.ts";
import type { Answer } from "../support/scripted-upstream.ts";
import { type Api, clientHeaders, startApi, testKey } from "../support/start-api.ts";

/** What gpt-oss-20b answered on vLLM: the best guess at its Responses branch on Workers AI. */
const recorded = await readFile(join(projectRoot, "test", "fixtures", "upstream", "vllm-responses.json"), "utf8");

const body = '{"input":"x","stream":true}';

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"));
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

/** Asks for a stream, which upstream answers with JSON. */
async function ask(answer: Answer): Promise<Response> {
  api.upstream.enqueue(answer);
  return fetch(`${api.workerd.url()}/v1/responses`, { method: "POST", headers: clientHeaders, body });
}

describe("a stream request that upstream answers with JSON", () => {
  test("becomes the events of a stream, however the JSON is cut, with its length or without", async () => {
    const sizes = [1, 2, 3, 7, 64, 1_000, recorded.length];
    const answers = await Promise.all([
      ask({ body: recorded }),
      ...sizes.map((size) => ask({ body: cutBytes(recorded, { size, ...(size < 7 && { pauseMs: 0 }) }) })),
    ]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    // The recording lacks the time of its end: that it is filled in is all that may differ.
    const [first = "", ...others] = texts.map((text) => text.replaceAll(/"completed_at":\d+/g, '"completed_at":1'));
    for (const other of others) expect(other).toBe(first);
    expect(first.endsWith("data: [DONE]\n\n")).toBe(true);

    const events = readEvents(first);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const { id, usage } = JSON.parse(recorded) as { id: string; usage: { total_tokens: number } };
    expect(events.at(-1)).toMatchObject({
      response: { id, status: "completed", error: null, usage: { total_tokens: usage.total_tokens } },
    });
  });

  test("has the headers of a stream and upstream's id, not the JSON's length or type", async () => {
    const headers = { "content-type": "application/json; charset=utf-8", "cf-ai-req-id": "req-3" };
    const answer = await ask({ headers, body: recorded });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(answer.headers.get("content-length")).toBeNull();
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    expect(answer.headers.get("cf-ai-req-id")).toBe("req-3");
    await answer.text();
  });

  test("is what openai-node's responses.stream() accumulates to the object that completed it", async () => {
    api.upstream.enqueue({ body: recorded });
    const client = new OpenAI({ baseURL: `${api.workerd.url()}/v1`, apiKey: testKey, maxRetries: 0 });
    const stream = client.responses.stream({ model: "gpt-oss-20b", input: "x" });
    let completed: object | undefined;
    for await (const event of stream) if (event.type === "response.completed") completed = event.response;
    const final = await stream.finalResponse();
    expect(final.output_text).toBe("HELLO");
    const { output, ...rest } = JSON.parse(JSON.stringify(completed)) as { output: object[] };
    expect(final).toMatchObject(rest);
    // The client adds a field of its own to each text: `parsed`.
    expect(final.output).toMatchObject(output);
    expect(final.output).toHaveLength(output.length);
  });

  test.each([
    [
      "incomplete",
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      "response.incomplete",
    ],
    ["failed", { status: "failed", error: { code: "server_error", message: "no" } }, "response.failed"],
  ])("ends as it says when it is %s", async (_status, fields, type) => {
    const answer = await ask({ body: JSON.stringify({ ...(JSON.parse(recorded) as object), ...fields }) });
    const events = readEvents(await answer.text());
    expect(events.at(-1)).toMatchObject({ type, response: fields });
  });

  test("has its token counts renamed when they go by chat's names, and its lacking ids made up once", async () => {
    const answer = await ask({
      body: JSON.stringify({
        output: [{ type: "message", content: [{ type: "output_text", text: "hi" }] }],
        usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      }),
    });
    const events = readEvents(await answer.text());
    const response = events.at(-1)?.["response"] as { id: string; output: { id: string }[] };
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_.{8,}/),
      output: [{ id: expect.stringMatching(/^msg_.{8,}/), role: "assistant" }],
      usage: {
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 7,
      },
    });
    const itemIds = new Set(events.flatMap((event) => ("item_id" in event ? [event["item_id"]] : [])));
    expect([...itemIds]).toEqual([response.output[0]?.id]);
    const responseIds = new Set(
      events.flatMap(({ response: one }) => (one === undefined ? [] : [(one as { id: string }).id])),
    );
    expect([...responseIds]).toEqual([response.id]);
  });

  test("of five megabytes is replayed whole", async () => {
    const text = "žluťoučký 🐎 ".repeat(250_000);
    const answer = await ask({
      body: JSON.stringify({ output: [{ type: "message", content: [{ type: "output_text", text }] }] }),
    });
    const events = readEvents(await answer.text());
    const deltas = events.flatMap(({ type, delta }) => (type === "response.output_text.delta" ? [String(delta)] : []));
    expect(deltas.length).toBeGreaterThan(1_000);
    expect(deltas.join("") === text).toBe(true);
  });

  test.each<[string, Answer]>([
    ["ends too early", { body: recorded.slice(0, 500) }],
    ["is no JSON", { body: "HELLO" }],
  ])("is a 502, decided before the first byte, when it %s", async (_what, broken) => {
    const answer = await ask(broken);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({
      error: {
        message: "The model's answer is not valid: it broke off, or it is not JSON. Try again.",
        type: "server_error",
        param: "",
        code: "upstream_invalid_response",
      },
    });
  });

  test("is a 502, decided before the first byte, when its connection breaks", async () => {
    const length = { "content-type": "application/json", "content-length": "2000", connection: "close" };
    const start = cutBytes(recorded.slice(0, 500), { size: 100 });
    for (const broken of [
      { body: start, ending: "reset" as const },
      { headers: length, body: recorded.slice(0, 500) },
    ]) {
      const answer = await ask(broken);
      const { error } = (await answer.json()) as { error: { code: string } };
      expect(answer.status).toBe(502);
      // Which one it is depends on whether a byte was read before the connection broke.
      expect(["upstream_error", "upstream_stream_broken"]).toContain(error.code);
    }
  });

  test.each(["null", "[]", '"HELLO"', "{}", '{"output":"HELLO"}', '{"output":[1]}'])(
    "is a 502 when it is no Response: %s",
    async (text) => {
      const answer = await ask({ body: text });
      expect({ status: answer.status, body: await answer.json() }).toMatchObject({
        status: 502,
        body: { error: { type: "server_error", code: "upstream_invalid_response" } },
      });
    },
  );

  test("leaves nothing open when the client goes away half-way", async () => {
    const output = [{ type: "message", content: [{ type: "output_text", text: "a".repeat(9_000_000) }] }];
    api.upstream.enqueue({ body: JSON.stringify({ output }) });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body }));
    await client.waitForText("response.output_text.delta");
    client.reset();
    expect(await (await api.upstream.nextCall()).closed).toMatchObject({ outcome: "answered" });
    expect((await ask({ body: recorded })).status).toBe(200);
  });
});
