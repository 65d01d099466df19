import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const modulePath = fileURLToPath(new URL("../support/bare-worker.js", import.meta.url));
const request = renderRequest({ body: '{"model":"@cf/openai/gpt-oss-20b","input":"hi","n":1}' });
const stream = 'event: a\ndata: {"text":"žluťoučký 🐎"}\n\n: comment\r\n\r\ndata: [DONE]\n\n';

let upstream: ScriptedUpstream;
let workerd: Workerd;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  workerd = await startWorkerd({ workers: [{ name: "bare", modulePath }], upstreamAddress: upstream.address });
});
beforeEach(() => {
  upstream.clear();
  upstream.setScript({ body: "{}" });
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
});

describe("a bare Worker in front of the scripted upstream", () => {
  test("sends what the real AI binding sends", async () => {
    const client = await openConnection(workerd.port());
    client.send(request);
    await client.readResponse();
    client.close();

    const call = await upstream.nextCall();
    expect(call.path).toBe("/run?version=3");
    expect(call.model).toBe("@cf/openai/gpt-oss-20b");
    expect(call.headers["cf-consn-sdk-version"]).toBe("2.0.0");
    expect(call.bodyText).toBe('{"inputs":{"input":"hi","n":1},"options":{"returnRawResponse":true}}');
    expect(call.inputsText).toBe('{"input":"hi","n":1}');
    expect(await call.closed).toMatchObject({ outcome: "answered", bytesSent: 2 });
  });

  test("passes JSON bytes, status and headers unchanged", async () => {
    const body = '{ "a" : 1.0,\r\n "a": 12345678901234567890, "t": "\\u00e9é" }\n';
    upstream.enqueue({ status: 418, headers: { "content-type": "application/json", "cf-ai-req-id": "r1" }, body });
    const client = await openConnection(workerd.port());
    client.send(request);
    const response = await client.readResponse();
    client.close();

    expect(response.status).toBe(418);
    expect(response.header("cf-ai-req-id")).toBe("r1");
    expect(response.body.toString()).toBe(body);
    expect(response.complete).toBe(true);
  });

  test.each([1, 2, 3, 7, 64])("passes event-stream bytes cut every %i bytes unchanged", async (size) => {
    upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: cutBytes(stream, { size }) });
    const client = await openConnection(workerd.port());
    client.send(request);
    const response = await client.readResponse();
    client.close();

    expect(response.header("content-type")).toBe("text/event-stream");
    expect(response.body.toString()).toBe(stream);
    expect(response.complete).toBe(true);
  });

  test("cancels a pending upstream call when the client resets", async () => {
    upstream.enqueue("hang");
    const client = await openConnection(workerd.port());
    client.send(request);
    const call = await upstream.nextCall();
    expect(upstream.openCalls()).toEqual([call]);
    client.reset();

    expect(await call.closed).toMatchObject({ outcome: "aborted", bytesSent: 0 });
    expect(upstream.openCalls()).toEqual([]);
  });

  test("cancels a streaming upstream call when the client resets", async () => {
    upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: ["data: 1\n\n"], ending: "hang" });
    const client = await openConnection(workerd.port());
    client.send(request);
    await client.waitForText("data: 1");
    client.reset();

    expect(await (await upstream.nextCall()).closed).toMatchObject({ outcome: "aborted", bytesSent: 9 });
  });

  test("breaks the client's connection when upstream resets amid the body", async () => {
    upstream.enqueue({
      headers: { "content-type": "text/event-stream" },
      body: cutBytes("data: 1\n\ndata: 2\n\n", { size: 9, pauseMs: 20 }),
      ending: "reset",
    });
    const client = await openConnection(workerd.port());
    client.send(request);
    const response = await client.readResponse();

    expect(response.status).toBe(200);
    expect(response.complete).toBe(false);
    expect(client.ending).toBeDefined();
    expect(await (await upstream.nextCall()).closed).toMatchObject({ outcome: "reset", bytesSent: 18 });
  });

  test("drops the connection without an answer when run throws and nobody catches it", async () => {
    upstream.enqueue("reset");
    const client = await openConnection(workerd.port());
    client.send(request);

    expect(await client.waitForEnding()).toBe("end");
    expect(client.received.toString()).toBe("");
  });

  test("tells a body cut short of its content-length from a whole one", async () => {
    upstream.enqueue({
      headers: { "content-length": "10" },
      body: cutBytes("12345", { size: 4, pauseMs: 20 }),
      ending: "reset",
    });
    const client = await openConnection(workerd.port());
    client.send(request);

    expect(await client.readResponse()).toMatchObject({ status: 200, body: Buffer.from("12345"), complete: false });
  });

  test("hands out upstream's calls in order, each answered by its own script", async () => {
    upstream.enqueue({ body: "first" }, (call) => ({ body: call.inputsText }));
    upstream.setScript({ body: "others" });
    const client = await openConnection(workerd.port());
    client.send(Buffer.concat([request, renderRequest({ body: '{"model":"m","a":[1.0]}' }), request]));
    const bodies: string[] = [];
    for (let index = 0; index < 3; index += 1) bodies.push((await client.readResponse()).body.toString());
    client.close();

    expect(bodies).toEqual(["first", '{"a":[1]}', "others"]);
    expect((await upstream.nextCall()).model).toBe("@cf/openai/gpt-oss-20b");
    expect((await upstream.nextCall()).model).toBe("m");
    expect(upstream.openCalls()).toEqual([]);
  });

  test.each([
    ["a content-length that is not a number", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n{}"],
    ["two content-lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"],
    ["a header with NUL", "POST / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["no HTTP at all", "GARBAGE\r\n\r\n"],
  ])("sends %s, which workerd refuses before the Worker", async (_name, bytes) => {
    const client = await openConnection(workerd.port());
    client.send(bytes);

    expect((await client.readResponse()).status).toBe(400);
    expect(upstream.calls).toEqual([]);
    client.close();
  });

  test("sends a chunked body without a length", async () => {
    const client = await openConnection(workerd.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const piece of ['{"model":', '"m","é":1}']) {
      client.send(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
    }
    client.send("0\r\n\r\n");

    expect((await client.readResponse()).status).toBe(200);
    expect((await upstream.nextCall()).inputsText).toBe('{"é":1}');
    client.close();
  });

  test("records the request that follows a redirect, which has no inputs", async () => {
    upstream.enqueue({ status: 302, headers: { location: "/elsewhere" }, body: "" });
    const client = await openConnection(workerd.port());
    client.send(request);

    expect((await client.readResponse()).status).toBe(200);
    expect((await upstream.nextCall()).method).toBe("POST");
    expect(await upstream.nextCall()).toMatchObject({
      method: "GET",
      path: "/elsewhere",
      bodyText: "",
      inputs: undefined,
    });
    client.close();
  });

  test("has no port for a Worker that isn't there", () => {
    expect(() => workerd.port("none")).toThrow("no Worker named none");
  });
});
