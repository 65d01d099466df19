import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { connectSocket, type Frame, type SocketClient } from "../support/socket-client.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { stateObjects } from "../support/state-objects.ts";

const sse = { "content-type": "text/event-stream" };

const whole = {
  id: "resp_upstream_1",
  object: "response",
  created_at: 1_763_900_000,
  status: "completed",
  output: [
    {
      id: "msg_1",
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "Hi", annotations: [] }],
    },
  ],
};
const { status: _status, output, ...begun } = whole;
const opened = { ...begun, status: "in_progress", output: [] };

/** What upstream streams, one event of a type that this Worker does not know among them. */
const events = [
  { type: "response.created", response: opened, sequence_number: 0 },
  { type: "response.vllm.note", note: "as it is", sequence_number: 1 },
  { type: "response.output_text.delta", item_id: "msg_1", delta: "Hi ü", sequence_number: 2 },
  { type: "response.output_item.done", output_index: 0, item: output[0], sequence_number: 3 },
  { type: "response.completed", response: whole, sequence_number: 4 },
];

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    { name: "api", durableObjects: stateObjects, vars: { UPSTREAM_TIMEOUT_MS: "1000" } },
  ]);
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

function open(): Promise<SocketClient> {
  return connectSocket(`${api.workerd.url()}/ai/v1/responses`, { headers: clientHeaders });
}

function render(list: readonly object[]): string {
  return list.map((event) => `event: ${(event as Frame).type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

async function take(client: SocketClient, create: object = {}): Promise<Frame[]> {
  client.send({ type: "response.create", input: "Hello", ...create });
  return client.readTurn();
}

describe("in native mode", () => {
  test("upstream's events are the frames, however their bytes are cut", async () => {
    const client = await open();
    for (const size of [3, 50, 10_000]) {
      api.upstream.enqueue({ headers: sse, body: cutBytes(render(events), { size }) });
      expect(await take(client)).toEqual(events);
    }
    expect(api.upstream.calls.map(({ inputs }) => inputs)).toEqual(
      [1, 2, 3].map(() => ({ input: "Hello", stream: true })),
    );
    client.close();
  });

  test("in a named lane each frame says which it is, and has all else of upstream's event", async () => {
    api.upstream.enqueue({ headers: sse, body: render(events) });
    const client = await open();
    expect(await take(client, { stream_id: "a" })).toEqual(events.map((event) => ({ ...event, stream_id: "a" })));
    client.close();
  });

  test("a model that does not stream has its JSON replayed", async () => {
    api.upstream.enqueue({ body: JSON.stringify(whole) });
    const client = await open();
    const frames = await take(client);
    expect(frames.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(frames.at(-1)).toMatchObject({ response: { id: "resp_upstream_1", output: whole.output } });
    client.close();
  });

  test("a turn is continued under upstream's id, from memory and from storage", async () => {
    api.upstream.setScript({ headers: sse, body: render(events) });
    const first = await open();
    await take(first);
    await take(first, { input: "Two", previous_response_id: "resp_upstream_1", store: false });
    first.close();
    const second = await open();
    await take(second, { input: "Two", previous_response_id: "resp_upstream_1" });
    second.close();
    const continued = {
      input: [
        { type: "message", role: "user", content: "Hello" },
        output[0],
        { type: "message", role: "user", content: "Two" },
      ],
    };
    expect(api.upstream.calls[1]?.inputs).toEqual({ ...continued, store: false, stream: true });
    expect(api.upstream.calls[2]?.inputs).toEqual({ ...continued, stream: true });
  });

  test("numbers that a double can't hold reach upstream as they are", async () => {
    api.upstream.enqueue({ headers: sse, body: render(events) });
    const client = await open();
    client.send('{"type":"response.create","input":"Hello","seed":12345678901234567890,"stream_id":"a"}');
    await client.readTurn();
    expect(api.upstream.calls[0]?.inputsText).toBe('{"input":"Hello","seed":12345678901234567890,"stream":true}');
    client.close();
  });

  test("a stream that breaks off ends with response.failed, with what there was, and is not continued", async () => {
    api.upstream.enqueue({ headers: sse, body: [render(events.slice(0, 4))], ending: "reset" });
    const client = await open();
    const frames = await take(client, { store: false });
    const error = { code: "upstream_stream_broken", message: "The model's answer broke off. Send the request again." };
    expect(frames.slice(0, -1)).toEqual(events.slice(0, 4));
    expect(frames.at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: 4,
      response: { id: "resp_upstream_1", status: "failed", error, output: whole.output },
    });
    const next = { previous_response_id: "resp_upstream_1", store: false };
    expect(await take(client, next)).toMatchObject([{ status: 400, error: { code: "previous_response_not_found" } }]);
    client.close();
  });

  test("a stream that breaks off after what is no item leaves that out of response.failed", async () => {
    const odd = { type: "response.output_item.done", output_index: 1, item: { text: "no type" }, sequence_number: 4 };
    api.upstream.enqueue({ headers: sse, body: [render([...events.slice(0, 4), odd])], ending: "reset" });
    const client = await open();
    const frames = await take(client);
    expect(frames.slice(0, -1)).toEqual([...events.slice(0, 4), odd]);
    expect(frames.at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: 5,
      response: { id: "resp_upstream_1", error: { code: "upstream_stream_broken" }, output: whole.output },
    });
    client.close();
  });

  test("a stream that falls silent ends so, too, and its call is cancelled", async () => {
    api.upstream.enqueue({ headers: sse, body: [render(events.slice(0, 2))], ending: "hang" });
    const client = await open();
    expect((await take(client)).at(-1)).toMatchObject({
      type: "response.failed",
      response: { error: { code: "upstream_timeout" } },
    });
    expect((await (await api.upstream.nextCall()).closed).outcome).toBe("aborted");
    client.close();
  });

  test.each([
    ["chunks of Chat Completions", 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n'],
    ["Workers AI's old stream", 'data: {"response":"Hi"}\n\ndata: [DONE]\n\n'],
    ["an end without a Response", 'event: response.completed\ndata: {"type":"response.completed"}\n\n'],
  ])("%s is no answer", async (_what, body) => {
    api.upstream.enqueue({ headers: sse, body });
    const client = await open();
    expect(await take(client)).toMatchObject([
      {
        type: "response.failed",
        sequence_number: 0,
        response: {
          object: "response",
          status: "failed",
          output: [],
          error: {
            code: "upstream_invalid_response",
            message: "The model's answer is not valid: it has no events of a Response. Try again.",
          },
        },
      },
    ]);
    client.close();
  });
});
