import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { renderFrame, openRawSocket } from "../support/raw-socket.ts";
import { readLogLine } from "../support/read-log.ts";
import { connectSocket } from "../support/socket-client.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";

const sse = { "content-type": "text/event-stream" };
const bound = 65_536;

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    { name: "api" },
    { name: "bounded", vars: { WEBSOCKET_BUFFER_BYTES: String(bound) } },
  ]);
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

const create = renderFrame(JSON.stringify({ type: "response.create", input: "Hi" }));

function chunk(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

/** The same from the Responses branch. */
function nativeChunk(delta: string): string {
  const event = { type: "response.output_text.delta", item_id: "msg_1", delta };
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Says `count` kilobytes, as fast as they are taken. */
function* sayMuch(count: number, say: (text: string) => string): Generator<string> {
  for (let index = 0; index < count; index += 1) yield say("x".repeat(1_000));
}

function openRaw(id: string, { worker, base = "/openai/v1" }: { worker?: string; base?: string } = {}) {
  const path = `${base}/responses`;
  return openRawSocket(api.workerd.port(worker), { path, headers: { ...clientHeaders, "x-request-id": id } });
}

describe("a client that leaves", () => {
  test.each(["resets its connection", "sends a FIN", "closes the WebSocket"] as const)(
    "while upstream is silent and %s has its call cancelled",
    async (how) => {
      api.upstream.enqueue({ headers: sse, body: [chunk("Hi")], ending: "hang" });
      const id = how.replaceAll(" ", "-");
      const client = await openRaw(id);
      client.send(create);
      await client.waitForText("response.output_text.delta");
      if (how === "resets its connection") client.reset();
      else if (how === "sends a FIN") client.finish();
      else client.send(renderFrame(Buffer.from([0x03, 0xe8]), "close"));
      expect((await (await api.upstream.nextCall()).closed).outcome).toBe("aborted");
      expect(await readLogLine(api.workerd, `${id}-1`)).toMatchObject({ status: 200, ending: "client_left" });
      client.close();
    },
  );

  test("before upstream has answered has its call cancelled, and the frames that wait are never called", async () => {
    api.upstream.enqueue("hang");
    const client = await openRaw("early");
    client.send(Buffer.concat([create, create, create]));
    const call = await api.upstream.nextCall();
    client.reset();
    expect((await call.closed).outcome).toBe("aborted");
    expect(await readLogLine(api.workerd, "early-1")).toMatchObject({
      status: 499,
      error_code: "client_closed_request",
    });
    expect(api.upstream.calls).toHaveLength(1);
  });
});

describe("a client that does not read", () => {
  test.each([
    ["compat", "/openai/v1", chunk],
    ["native", "/ai/v1", nativeChunk],
  ])("is cut off at WEBSOCKET_BUFFER_BYTES, and its call is cancelled: %s", async (mode, base, say) => {
    api.upstream.enqueue({ headers: sse, body: sayMuch(20_000, say), ending: "hang" });
    const client = await openRaw(`silent-${mode}`, { worker: "bounded", base });
    client.pause();
    client.send(create);
    const call = await api.upstream.nextCall();
    expect((await call.closed).outcome).toBe("aborted");
    expect(await readLogLine(api.workerd, `silent-${mode}-1`)).toMatchObject({ mode, ending: "client_left" });
    client.resume();
    await client.waitForText("frame from the client.");
    const received = client.received.subarray(client.received.indexOf("\r\n\r\n") + 4);
    expect(received.length).toBeGreaterThan(bound / 2);
    // What was sent, the frames' own heads and the last of them, which closes.
    expect(received.length).toBeLessThan(bound * 1.1);
    const reason = "More than WEBSOCKET_BUFFER_BYTES were sent without a frame from the client.";
    expect(received.subarray(-reason.length - 2)).toEqual(Buffer.from(`\u0003\u00f0${reason}`, "latin1"));
  });

  test("has as much again with each frame it sends", async () => {
    const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const address = `${api.workerd.url("bounded")}/openai/v1/responses`;
    // Each answer says its text five times: as a delta, in three events and in the last.
    api.upstream.setScript({ headers: sse, body: `${chunk("x".repeat(20_000))}${end}` });
    const first = await connectSocket(address, { headers: clientHeaders });
    await expect(first.ask({ input: "Hi", store: false })).rejects.toThrow("closed with 1008");
    api.upstream.setScript({ headers: sse, body: `${chunk("x".repeat(8_000))}${end}` });
    const again = await connectSocket(address, { headers: clientHeaders });
    for (let count = 0; count < 5; count += 1) {
      expect(await again.ask({ input: "Hi", store: false })).toMatchObject({ type: "response.completed" });
    }
    again.close();
  });
});
