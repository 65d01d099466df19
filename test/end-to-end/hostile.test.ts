import { setTimeout as sleep } from "node:timers/promises";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openConnection, type RawResponse, renderRequest } from "../support/raw-client.ts";
import { type Api, startApi, testKey } from "../support/start-api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [{ name: "api" }, { name: "compat", vars: { MODE: "compat" } }]);
});
afterAll(() => api?.stop());

beforeEach(() => api.upstream.clear());
// Whatever a test sends: none of it reaches the model, and none of it surprises the Worker.
afterEach(() => {
  expect(api.upstream.calls).toEqual([]);
  const lines = api.workerd.output().split("\n");
  expect(lines.filter((line) => /unhandled_error|uncaught|"status":5/i.test(line))).toEqual([]);
});

async function send(...pieces: (string | Uint8Array)[]): Promise<RawResponse> {
  return sendTo("api", ...pieces);
}

async function sendTo(worker: string, ...pieces: (string | Uint8Array)[]): Promise<RawResponse> {
  const client = await openConnection(api.workerd.port(worker));
  for (const piece of pieces) client.send(piece);
  const response = await client.readResponse();
  client.close();
  return response;
}

/** Reads the envelope: four strings, the message one to two sentences, and the headers that every answer has. */
function readError(response: RawResponse): Record<string, string> {
  const { error, ...rest } = JSON.parse(response.body.toString()) as { error: Record<string, string> };
  expect(rest).toEqual({});
  expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  expect(Object.values(error).map((value) => typeof value)).toEqual(["string", "string", "string", "string"]);
  expect(error["message"]).toMatch(/^[A-Z].{10,250}[.)]$/);
  expect(response.header("content-type")).toBe("application/json");
  expect(response.header("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  expect(response.header("x-content-type-options")).toBe("nosniff");
  return error;
}

const key: [string, string] = ["authorization", `Bearer ${testKey}`];
const json: [string, string] = ["content-type", "application/json"];

function bytes(...values: number[]): Buffer {
  return Buffer.concat([Buffer.from('{"input":"'), Buffer.from(values), Buffer.from('"}')]);
}

/** The document in another encoding of Unicode. */
function encode(encoding: "utf16le" | "latin1", text = '{"input":"é"}'): Buffer {
  return Buffer.from(text, encoding);
}

const notUtf8 = [400, "invalid_json", ""] as const;
const notJson = [400, "invalid_json", ""] as const;
const wrongType = (param: string) => [400, "invalid_type", param] as const;
const wrongValue = (param: string) => [400, "invalid_value", param] as const;
const unsupported = (param: string) => [400, "unsupported_parameter", param] as const;
const unknownModel = [404, "model_not_found", "model"] as const;
const tooDeep = [400, "nesting_too_deep", ""] as const;

/** Bodies that are refused: what is wrong, the bytes, and the status, code and param of the answer. */
const bodies: [string, string | Buffer, readonly [number, string, string]][] = [
  ["nothing", "", notJson],
  ["white space", " \r\n\t ", notJson],
  ["null", "null", notJson],
  ["true", "true", notJson],
  ["a number", "17", notJson],
  ["a number no double holds", "1e999", notJson],
  ["a string", '"input"', notJson],
  ["a list", '[{"input":"x"}]', notJson],
  ["a form", "input=x&model=gpt-oss-20b", notJson],
  ["XML", "<input>x</input>", notJson],
  ["a document cut short", '{"input":"x"', notJson],
  ["two documents", '{"input":"x"}{"input":"y"}', notJson],
  ["a trailing comma", '{"input":"x",}', notJson],
  ["a comment", '{"input":"x"/* hi */}', notJson],
  ["single quotes", "{'input':'x'}", notJson],
  ["no quotes", "{input:1}", notJson],
  ["NaN", '{"input":"x","a":NaN}', notJson],
  ["a hexadecimal number", '{"input":"x","a":0x10}', notJson],
  ["a leading zero", '{"input":"x","a":01}', notJson],
  ["a bare line end in a string", '{"input":"a\nb"}', notJson],
  ["a NUL after the document", '{"input":"x"}\0', notJson],
  ["half an escape", String.raw`{"input":"\u12"}`, notJson],
  ["UTF-8 with a byte order mark", '\uFEFF{"input":"x"}', notUtf8],
  ["UTF-16", encode("utf16le"), notUtf8],
  ["UTF-16 with a byte order mark", encode("utf16le", '\uFEFF{"input":"x"}'), notUtf8],
  ["Latin-1", encode("latin1"), notUtf8],
  ["a lone continuation byte", bytes(0x80), notUtf8],
  ["an overlong slash", bytes(0xc0, 0xaf), notUtf8],
  ["an encoded surrogate", bytes(0xed, 0xa0, 0x80), notUtf8],
  ["a code point past the last", bytes(0xf4, 0x90, 0x80, 0x80), notUtf8],
  ["a character cut short", bytes(0xe2, 0x82), notUtf8],
  ["bytes that are never UTF-8", bytes(0xff, 0xfe), notUtf8],
  ["lists 100,000 deep", `{"input":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, tooDeep],
  ["lists 100,000 deep and left open", `{"input":${"[".repeat(100_000)}`, tooDeep],
  ["objects 100,000 deep", `{"input":"x","a":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`, tooDeep],
  [
    "__proto__ 100,000 deep",
    `{"input":"x","__proto__":${'{"__proto__":'.repeat(100_000)}1${"}".repeat(100_000)}}`,
    tooDeep,
  ],
  ["no input", "{}", [400, "missing_required_parameter", "input"]],
  ["chat messages", '{"messages":[{"role":"user","content":"x"}]}', [400, "missing_required_parameter", "input"]],
  ["an input that is inherited", '{"__proto__":{"input":"x"}}', [400, "missing_required_parameter", "input"]],
  ["input null", '{"input":null}', wrongType("input")],
  ["input a number", '{"input":1}', wrongType("input")],
  ["input a number no double holds", '{"input":12345678901234567890}', wrongType("input")],
  ["input a truth", '{"input":true}', wrongType("input")],
  ["input an object", '{"input":{"role":"user"}}', wrongType("input")],
  ["the last of two inputs wrong", '{"input":"x","input":1}', wrongType("input")],
  ["reasoning a string", '{"input":"x","reasoning":"low"}', wrongType("reasoning")],
  ["reasoning a list", '{"input":"x","reasoning":[]}', wrongType("reasoning")],
  ["reasoning a truth", '{"input":"x","reasoning":false}', wrongType("reasoning")],
  ["reasoning a number", '{"input":"x","reasoning":1}', wrongType("reasoning")],
  ["reasoning a number past a double", '{"input":"x","reasoning":1e999}', wrongType("reasoning")],
  ["reasoning a big integer", '{"input":"x","reasoning":12345678901234567890}', wrongType("reasoning")],
  ["an effort nobody makes", '{"input":"x","reasoning":{"effort":"minimal"}}', wrongValue("reasoning.effort")],
  ["an effort in capitals", '{"input":"x","reasoning":{"effort":"LOW"}}', wrongValue("reasoning.effort")],
  ["an effort that is a number", '{"input":"x","reasoning":{"effort":1e999}}', wrongValue("reasoning.effort")],
  ["an effort that is a list", '{"input":"x","reasoning":{"effort":["low"]}}', wrongValue("reasoning.effort")],
  ["a summary nobody writes", '{"input":"x","reasoning":{"summary":"none"}}', wrongValue("reasoning.summary")],
  ["stream a string", '{"input":"x","stream":"true"}', wrongType("stream")],
  ["stream a number", '{"input":"x","stream":1}', wrongType("stream")],
  ["model a number", '{"input":"x","model":20}', wrongType("model")],
  ["model a list", '{"input":"x","model":["gpt-oss-20b"]}', wrongType("model")],
  ["model empty", '{"input":"x","model":""}', unknownModel],
  ["model with a space", '{"input":"x","model":"gpt-oss-20b "}', unknownModel],
  ["model of another provider", '{"input":"x","model":"gpt-4o"}', unknownModel],
  ["model not configured", '{"input":"x","model":"@cf/openai/gpt-oss-120b"}', unknownModel],
  ["model __proto__", '{"input":"x","model":"__proto__"}', unknownModel],
  ["model a path", '{"input":"x","model":"../../@cf/openai/gpt-oss-20b"}', unknownModel],
  ["model 100,000 characters", JSON.stringify({ input: "x", model: "m".repeat(100_000) }), unknownModel],
  ["background", '{"input":"x","background":true}', unsupported("background")],
  ["background that is no truth", '{"input":"x","background":0}', wrongType("background")],
  ["background a big number", '{"input":"x","background":1e999}', wrongType("background")],
  ["previous_response_id", '{"input":"x","previous_response_id":"resp_1"}', unsupported("previous_response_id")],
  ["previous_response_id empty", '{"input":"x","previous_response_id":""}', unsupported("previous_response_id")],
  ["conversation", '{"input":"x","conversation":{"id":"conv_1"}}', unsupported("conversation")],
  ["prompt", '{"input":"x","prompt":{"id":"pmpt_1"}}', unsupported("prompt")],
  ["prompt in the place of input", '{"prompt":{"id":"pmpt_1"}}', unsupported("prompt")],
  ["conversation in the place of input", '{"conversation":"conv_1"}', unsupported("conversation")],
  ["an item that is only an id", '{"input":["x",{"id":"msg_1"}]}', unsupported("input[1]")],
  ["an item reference", '{"input":["x",{"type":"item_reference","id":"msg_1"}]}', unsupported("input[1]")],
];

/** Headers that are refused with a body that is right. */
const headers: [string, [string, string][], readonly [number, string, string]][] = [
  ["text", [["content-type", "text/plain"]], [415, "unsupported_media_type", ""]],
  ["HTML", [["content-type", "text/html"]], [415, "unsupported_media_type", ""]],
  ["multipart", [["content-type", "multipart/form-data; boundary=x"]], [415, "unsupported_media_type", ""]],
  ["NDJSON", [["content-type", "application/x-ndjson"]], [415, "unsupported_media_type", ""]],
  ["a list of types", [["content-type", "application/json, text/html"]], [415, "unsupported_media_type", ""]],
  ["two content types", [json, ["content-type", "text/plain"]], [415, "unsupported_media_type", ""]],
  ["nonsense as type", [["content-type", "{}"]], [415, "unsupported_media_type", ""]],
  ["gzip that is not gzip", [json, ["content-encoding", "gzip"]], [415, "unsupported_content_encoding", ""]],
  ["br", [json, ["content-encoding", "br"]], [415, "unsupported_content_encoding", ""]],
  ["a list of encodings", [json, ["content-encoding", "identity, gzip"]], [415, "unsupported_content_encoding", ""]],
  ["an unknown encoding", [json, ["content-encoding", "x-rot13"]], [415, "unsupported_content_encoding", ""]],
];

const good = '{"input":"x"}';

const compressed: [string, Uint8Array][] = [
  ["zstd", zstdCompressSync(good)],
  ["gzip", gzipSync(good)],
  ["deflate", deflateSync(good)],
];

/** Paths that don't exist, with a valid key and body. */
const paths = [
  "//v1/responses",
  "/v1//responses",
  "/v1/responses/",
  "/v1/responses//",
  "/V1/responses",
  "/v1/Responses",
  "/v1/responses.json",
  "/v1/responses;a=b",
  "/v1/responses%20",
  "/v1/responses%00",
  "/v1%2Fresponses",
  "/v1/%2e%2e%2fv1/responses",
  "/v1/%252e%252e/responses",
  "/v1%5cresponses",
  "/v1/%c0%afresponses",
  "/v1/%",
  "/%2fv1/responses",
  "/v1/chat/completions",
  "/ai/v1/responses/",
  "/ai//v1/responses",
  "/ai/v1/models",
  "/ai/run/@cf/openai/gpt-oss-20b",
  "/client/v4/accounts//ai/v1/responses",
  "/client/v4/accounts/a/b/ai/v1/responses",
  "/client/v4/accounts/a/ai/v1/responses/",
  "/client/v4/accounts/a/ai/run/@cf/openai/gpt-oss-20b",
  "/health/../v1/responses",
  "/v2/responses",
  "/responses",
  "/v1",
  "/api/v1/responses",
];

describe("bad requests", () => {
  test("are at least 100", () => {
    expect(bodies.length + headers.length + compressed.length + paths.length).toBeGreaterThanOrEqual(100);
  });

  test.each(bodies)("with a body that is or has %s", async (_what, body, [status, code, param]) => {
    const response = await send(renderRequest({ headers: [key, json], body }));
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status, code, param });
  });

  test.each(headers)("whose headers announce %s", async (_what, list, [status, code, param]) => {
    const response = await send(renderRequest({ headers: [key, ...list], body: good }));
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status, code, param });
  });

  test.each(compressed)("compressed with %s, with and without the header that says so", async (encoding, body) => {
    const said = await send(renderRequest({ headers: [key, json, ["content-encoding", encoding]], body }));
    expect({ status: said.status, ...readError(said) }).toMatchObject({
      status: 415,
      code: "unsupported_content_encoding",
    });
    const unsaid = await send(renderRequest({ headers: [key, json], body }));
    expect({ status: unsaid.status, ...readError(unsaid) }).toMatchObject({ status: 400, code: "invalid_json" });
  });

  test.each(paths)("at %s", async (path) => {
    const response = await send(renderRequest({ path, headers: [key, json], body: good }));
    expect({ status: response.status, ...readError(response) }).toMatchObject({
      status: 404,
      type: "not_found_error",
      code: "not_found",
      param: "",
    });
  });

  test.each(["GET", "PUT", "PATCH", "DELETE"])("by the method %s", async (method) => {
    for (const path of ["/v1/responses", "/ai/v1/responses", "/client/v4/accounts/a/ai/v1/responses"]) {
      const response = await send(renderRequest({ method, path, headers: [key, json], body: good }));
      expect({ status: response.status, ...readError(response) }).toMatchObject({
        status: 405,
        code: "method_not_allowed",
      });
      expect(response.header("allow")).toBe("POST");
    }
  });
});

describe("a number no double holds, where compat mode reads an object", () => {
  test.each([
    ["input[0]", '{"input":[12345678901234567890]}'],
    ["reasoning", '{"input":"x","reasoning":1e999}'],
    ["text", '{"input":"x","text":1e999}'],
    ["text.format", '{"input":"x","text":{"format":12345678901234567890}}'],
    ["metadata", '{"input":"x","metadata":1e999}'],
    ["tools[0]", '{"input":"x","tools":[1e999]}'],
  ])("is refused as %s", async (param, body) => {
    const response = await sendTo("compat", renderRequest({ headers: [key, json], body }));
    expect({ status: response.status, ...readError(response) }).toMatchObject({
      status: 400,
      code: "invalid_type",
      param,
      message: `The field \`${param}\` must be an object.`,
    });
  });
});

describe("a body without an honest length", () => {
  test("is empty when there is neither a length nor chunks", async () => {
    const response = await send(renderRequest({ headers: [key, json] }));
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status: 400, code: "invalid_json" });
  });

  test("ends where its length says, and what follows is not a request", async () => {
    const head = `POST /v1/responses HTTP/1.1\r\nHost: x\r\n${key.join(": ")}\r\nContent-Length: 5\r\n\r\n`;
    const client = await openConnection(api.workerd.port());
    client.send(`${head}${good}`);
    const response = await client.readResponse();
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status: 400, code: "invalid_json" });
    expect((await client.readResponse()).status).toBe(400);
    client.close();
  });

  test("is refused when its chunks are malformed", async () => {
    for (const chunks of [`zz\r\n${good}\r\n0\r\n\r\n`, `d\r\n${good}garbage`, `-1\r\n${good}`]) {
      const response = await send(renderRequest({ headers: [key, json, ["transfer-encoding", "chunked"]] }), chunks);
      expect({ status: response.status, ...readError(response) }).toMatchObject({
        status: 400,
        code: "unreadable_body",
        message: "The request body broke off, or is not what its transfer encoding says. Send it again.",
      });
    }
  });

  test("is refused when the client stops half-way, and only logged when the client is gone", async () => {
    const half = `POST /v1/responses HTTP/1.1\r\nHost: x\r\n${key.join(": ")}\r\nContent-Length: 100\r\n\r\n${good}`;
    const client = await openConnection(api.workerd.port());
    client.send(half);
    client.finish();
    const response = await client.readResponse();
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status: 400, code: "unreadable_body" });
    async function leave(): Promise<string> {
      const gone = await openConnection(api.workerd.port());
      gone.send(half);
      // A reset that overtakes the request leaves nothing to log: then the next attempt shows it.
      await sleep(20);
      gone.reset();
      return api.workerd.output();
    }
    await expect.poll(leave, { timeout: 10_000 }).toContain('"error_code":"client_closed_request"');
  });
});

describe("a body over the limit", () => {
  const tooLarge = {
    status: 413,
    message: "The request body is larger than the 16777216 bytes this Worker accepts.",
    code: "request_too_large",
  };

  test("is refused by its length", async () => {
    const head = renderRequest({ headers: [key, json, ["content-length", "60000000"]] });
    const response = await send(head, '{"input":"');
    expect({ status: response.status, ...readError(response) }).toMatchObject(tooLarge);
  });

  test("is refused while it is read when it has no length", async () => {
    // One byte past the limit, and the end of the body never comes.
    const head = renderRequest({ headers: [key, json, ["transfer-encoding", "chunked"]] });
    const response = await send(head, `${(60_000_000).toString(16)}\r\n`, Buffer.alloc(16_777_217, "a"));
    expect({ status: response.status, ...readError(response) }).toMatchObject(tooLarge);
  });

  test("is refused from the first byte over", async () => {
    // The answer comes before the body is sent: a client that goes on sending may lose it to a reset.
    const tooLong = await send(renderRequest({ headers: [key, json, ["content-length", "16777217"]] }));
    expect({ status: tooLong.status, ...readError(tooLong) }).toMatchObject(tooLarge);
    const fits = await send(renderRequest({ headers: [key, json], body: Buffer.alloc(16_777_216, " ") }));
    expect({ status: fits.status, ...readError(fits) }).toMatchObject({ status: 400, code: "invalid_json" });
  });
});

describe("what is not HTTP", () => {
  const head = `POST /v1/responses HTTP/1.1\r\nHost: x\r\n${key.join(": ")}\r\n`;

  // The runtime answers these itself, in plain text, before the Worker sees them.
  test.each([
    ["a length that is not a number", `${head}Content-Length: abc\r\n\r\n${good}`, 400],
    ["a negative length", `${head}Content-Length: -1\r\n\r\n${good}`, 400],
    ["two lengths", `${head}Content-Length: 13\r\nContent-Length: 14\r\n\r\n${good} `, 400],
    ["an unknown transfer encoding", `${head}Transfer-Encoding: gzip\r\n\r\n${good}`, 400],
    ["NUL in a header", `${head}X-A: a\0b\r\nContent-Length: 13\r\n\r\n${good}`, 400],
    ["a header without a colon", `${head}nonsense\r\nContent-Length: 13\r\n\r\n${good}`, 400],
    ["a path without a slash", head.replace("/v1", "v1").concat(`Content-Length: 13\r\n\r\n${good}`), 400],
    ["a request of HTTP/0.9", "GET /v1/responses\r\n\r\n", 400],
    ["a header of a megabyte", `${head}X-A: ${"a".repeat(1_000_000)}\r\nContent-Length: 13\r\n\r\n${good}`, 431],
    ["a method nobody knows", head.replace("POST", "BREW").concat("\r\n"), 501],
  ])("is refused: %s", async (_what, text, status) => {
    expect((await send(text)).status).toBe(status);
  });
});

/** Every protected path, written in each way that could get around the check. */
const protectedPaths: [string, string][] = [
  ["POST", "/v1/responses"],
  ["POST", "/ai/v1/responses"],
  ["POST", "/client/v4/accounts/0123456789abcdef/ai/v1/responses"],
  ["GET", "/v1/responses"],
  ["GET", "/v1/models"],
  ["GET", "/v1/models/@cf/openai/gpt-oss-20b"],
  ["GET", "/v1/models/gpt-oss-20b"],
  ["GET", "/v1/responses/resp_1"],
  ["DELETE", "/v1/responses/resp_1"],
  ["POST", "/v1/responses/resp_1/cancel"],
  ["GET", "/v1/responses/resp_1/input_items"],
  ["POST", "/v1/responses/compact"],
  ["POST", "/v1/responses/input_tokens"],
  ["POST", "/v1/conversations"],
  ["PUT", "/v1/responses"],
  ["GET", "/v1/nowhere"],
  ["POST", "/v1/respons%65s"],
  ["POST", "/%76%31/responses"],
  ["POST", "/v1/./responses"],
  ["POST", "http://other.example/v1/responses"],
];

const almost = testKey.slice(0, -1);

/** Headers that are no credentials. */
const credentials: [string, [string, string][]][] = [
  ["nothing", []],
  ["an empty header", [["authorization", ""]]],
  ["a scheme alone", [["authorization", "Bearer"]]],
  ["a key less its last character", [["authorization", `Bearer ${almost}`]]],
  ["a key and one character", [["authorization", `Bearer ${testKey}0`]]],
  ["a key in capitals", [["authorization", `Bearer ${testKey.toUpperCase()}`]]],
  ["a key percent-encoded", [["authorization", `Bearer %74${testKey.slice(1)}`]]],
  ["a key in quotes", [["authorization", `Bearer "${testKey}"`]]],
  ["a key with its name", [["authorization", `Bearer tester:${testKey}`]]],
  ["the name of a key", [["authorization", "Bearer tester"]]],
  ["two keys", [["authorization", `Bearer ${testKey} ${testKey}`]]],
  ["two headers, both right", [key, key]],
  ["two headers, one right", [key, ["authorization", "Bearer wrong-key-0123456789"]]],
  ["a tab after the scheme", [["authorization", `Bearer\t${testKey}`]]],
  ["a key without a scheme", [["authorization", testKey]]],
  ["a key under Basic", [["authorization", `Basic ${Buffer.from(`tester:${testKey}`).toString("base64")}`]]],
  ["a key under another scheme", [["authorization", `Token ${testKey}`]]],
  ["a key in another header", [["x-api-key", testKey]]],
  ["a key in a cookie", [["cookie", `authorization=Bearer ${testKey}`]]],
  ["a key for a proxy", [["proxy-authorization", `Bearer ${testKey}`]]],
  ["bytes outside ASCII", [["authorization", `Bearer ${almost}\u00e9`]]],
  ["a wildcard", [["authorization", "Bearer *"]]],
  ["8,000 characters", [["authorization", `Bearer ${"x".repeat(8_000)}`]]],
  ["the word undefined", [["authorization", "Bearer undefined"]]],
];

describe("bad credentials", () => {
  test("are of at least 15 kinds, for at least 15 protected paths", () => {
    expect(credentials.length).toBeGreaterThanOrEqual(15);
    expect(protectedPaths.length).toBeGreaterThanOrEqual(15);
  });

  test.each(credentials)("are refused on every protected path: %s", async (_what, list) => {
    await Promise.all(
      protectedPaths.map(async ([method, path]) => {
        const response = await send(renderRequest({ method, path, headers: [json, ...list], body: good }));
        expect([method, path, response.status]).toEqual([method, path, 401]);
        expect(response.header("www-authenticate")).toMatch(/^Bearer realm="responses-api"(, error="invalid_token")?$/);
        const given = list.some(([name, value]) => name === "authorization" && value !== "");
        expect(readError(response)).toMatchObject({
          type: "authentication_error",
          param: "",
          code: given ? "invalid_api_key" : "missing_api_key",
        });
      }),
    );
  });

  test("are not read from the query", async () => {
    for (const name of ["api_key", "key", "authorization", "access_token"]) {
      const response = await send(
        renderRequest({ path: `/v1/responses?${name}=${testKey}`, headers: [json], body: good }),
      );
      expect({ status: response.status, ...readError(response) }).toMatchObject({
        status: 401,
        code: "missing_api_key",
      });
    }
  });

  test("are refused before the body is read, here of 60 megabytes", async () => {
    const head = renderRequest({ headers: [json, ["content-length", "60000000"]] });
    const response = await send(head, '{"input":"');
    expect({ status: response.status, ...readError(response) }).toMatchObject({ status: 401, code: "missing_api_key" });
  });
});
