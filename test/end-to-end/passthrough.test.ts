import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { openConnection, type RawResponse, renderRequest } from "../support/raw-client.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";

/** Answers that a parser would not give back as they were: each must arrive byte for byte. */
const jsonBodies: Record<string, string> = {
  "odd white space": '\r\n\t {  "object"\t:\n"response" ,"output":[ ] }  \r\n\n',
  "duplicate keys": '{"id":"a","id":"b","output":[],"output":[1],"":0,"":1}',
  "numbers as written": '{"a":1.0,"b":12345678901234567890,"c":1e400,"d":-0,"e":1E+2,"f":0.10000000000000000001}',
  escapes: String.raw`{"a":"\u00e9\/\ud83d\ude00\ud800\u0000","b":"\"\\\b\f\n\r\t","c":"<\/script>"}`,
  "multi-byte characters": '{"é":"žluťoučký kůň 🐎","日本":"語\u2028\u2029","ﬀ":"\uFEFF"}',
  "a byte order mark": '\uFEFF{"output":[]}',
  "what is no JSON": '{"output":[{"text":"unfinished',
};

const streamBodies: Record<string, string> = {
  "line ends of all kinds": 'event: a\r\ndata: {"n":1.0}\r\n\r\nevent: b\rdata: 2\r\revent: c\ndata: 3\n\n',
  "comments and fields nobody knows": ": ping\n\n:\n\nretry: 10\nid: 7\nfoo: bar\ndata:no space\ndata:  two\n\n: bye",
  "multi-byte characters": 'data: {"delta":"žluťoučký 🐎 日本語"}\n\ndata: {"delta":"\u{1F469}\u200D\u{1F680}"}\n\n',
  "duplicate keys and big numbers": 'data: {"a":1,"a":12345678901234567890, "b" : 1e400}\n\ndata: [DONE]\n\n',
  "no end of the last line": "event: response.completed\ndata: {}",
};

/** Bytes that are no UTF-8 at all. */
const notUtf8 = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x7d]);

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"));
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

async function ask(body: object): Promise<Response> {
  return fetch(`${api.workerd.url()}/v1/responses`, {
    method: "POST",
    headers: clientHeaders,
    body: JSON.stringify(body),
  });
}

async function askRaw(body: object): Promise<RawResponse> {
  const client = await openConnection(api.workerd.port());
  client.send(renderRequest({ headers: clientHeaders, body: JSON.stringify(body) }));
  const response = await client.readResponse();
  client.close();
  return response;
}

/** Asks once for each way to cut `bytes`, from pieces of one byte to one piece, and gives back what arrived. */
async function askForEveryCut(bytes: Buffer, { stream, contentType }: { stream: boolean; contentType: string }) {
  api.upstream.setScript((call) => ({
    headers: { "content-type": contentType },
    body: cutBytes(bytes, { size: Number(JSON.parse(call.inputsText).input) }),
  }));
  const sizes = Array.from(bytes.keys(), (index) => index + 1);
  return Promise.all(
    sizes.map(async (size) => {
      const response = await ask({ input: String(size), ...(stream && { stream }) });
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    }),
  );
}

describe("a JSON answer", () => {
  test.each([...Object.entries(jsonBodies), ["bytes that are no UTF-8", notUtf8] as const])(
    "arrives byte for byte with %s, however it is cut",
    async (_what, body) => {
      const bytes = Buffer.from(body);
      const answers = await askForEveryCut(bytes, { stream: false, contentType: "application/json" });
      expect(answers).toHaveLength(bytes.length);
      for (const answer of answers) expect(answer).toEqual({ status: 200, body: bytes });
    },
  );

  test("keeps its length, its content type, and upstream's id of the call", async () => {
    const body = '{ "output" : [] }\n';
    api.upstream.setScript({
      headers: { "content-type": "Application/JSON; charset=utf-8", "cf-ai-req-id": "req-1", "x-inside": "secret" },
      body,
    });
    const response = await askRaw({ input: "x" });
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe(body);
    expect(response.header("content-length")).toBe("18");
    expect(response.header("content-type")).toBe("Application/JSON; charset=utf-8");
    expect(response.header("cf-ai-req-id")).toBe("req-1");
    expect(response.header("cache-control")).toBe("no-store");
    expect(response.header("x-accel-buffering")).toBeUndefined();
    expect(response.header("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    expect(response.header("x-inside")).toBeUndefined();
  });

  test("of ten megabytes arrives whole and with its length, whether upstream said it or not", async () => {
    const body = Buffer.alloc(10_000_000, '{"text":"žluťoučký 🐎"}');
    api.upstream.enqueue({ body }, { body: cutBytes(body, { size: 1_000_000 }) });
    for (let answer = 0; answer < 2; answer += 1) {
      const response = await ask({ input: "x" });
      expect(response.headers.get("content-length")).toBe(String(body.length));
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    }
  });

  test("that upstream compressed arrives as what it says", async () => {
    const body = JSON.stringify({ text: "again ".repeat(1_000) });
    api.upstream.setScript({
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(body),
    });
    const response = await ask({ input: "x" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
  });
});

describe("an event stream", () => {
  test.each([...Object.entries(streamBodies), ["bytes that are no UTF-8", notUtf8] as const])(
    "arrives byte for byte with %s, however it is cut",
    async (_what, body) => {
      const bytes = Buffer.from(body);
      const answers = await askForEveryCut(bytes, { stream: true, contentType: "text/event-stream" });
      expect(answers).toHaveLength(bytes.length);
      for (const answer of answers) expect(answer).toEqual({ status: 200, body: bytes });
    },
  );

  test("has the headers that keep proxies from holding it back", async () => {
    api.upstream.setScript({
      headers: { "content-type": "text/event-stream; charset=utf-8", "cf-ai-req-id": "req-2" },
      body: cutBytes("data: 1\n\n", { size: 4 }),
    });
    const response = await askRaw({ input: "x", stream: true });
    expect(response.status).toBe(200);
    expect(response.header("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.header("cf-ai-req-id")).toBe("req-2");
    expect(response.header("cache-control")).toBe("no-store");
    expect(response.header("x-accel-buffering")).toBe("no");
    expect(response.header("transfer-encoding")).toBe("chunked");
  });

  test("reaches the client piece by piece while upstream still writes", async () => {
    const steps = ["first", "second", "third"].map((name) => ({ name, gate: Promise.withResolvers<void>() }));
    async function* write(): AsyncGenerator<string> {
      for (const { name, gate } of steps) {
        await gate.promise;
        yield `data: ${name}\n\n`;
      }
    }
    api.upstream.setScript({ headers: { "content-type": "text/event-stream" }, body: write() });
    const client = await openConnection(api.workerd.port());
    client.send(renderRequest({ headers: clientHeaders, body: '{"input":"x","stream":true}' }));
    for (const { name, gate } of steps) {
      // The next piece is written only once this one is here: a proxy that waits for more would wait for ever.
      gate.resolve();
      expect((await client.waitForText(`data: ${name}\n\n`)).includes(name)).toBe(true);
    }
    expect((await client.readResponse()).complete).toBe(true);
    client.close();
  });

  test("that nobody asked for is passed on as it is", async () => {
    const body = 'event: response.created\ndata: {"n":1.0}\n\n';
    api.upstream.setScript({ headers: { "content-type": "text/event-stream" }, body });
    const response = await ask({ input: "x", stream: false });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toBe(body);
  });
});
