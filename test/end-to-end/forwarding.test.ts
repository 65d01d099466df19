import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { UpstreamCall } from "../support/scripted-upstream.ts";
import { type Api, clientHeaders, startApi, testKey } from "../support/start-api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    { name: "api", vars: { MODELS: "@cf/openai/gpt-oss-20b,@cf/openai/gpt-oss-120b" } },
    { name: "gateway", vars: { AI_GATEWAY_ID: "my-gateway" } },
  ]);
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

/** What upstream received for a body, sent as these very bytes. */
async function forward(
  body: string,
  { headers = {}, worker = "api" }: { headers?: Record<string, string>; worker?: string } = {},
): Promise<UpstreamCall> {
  const response = await fetch(`${api.workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: { ...clientHeaders, ...headers },
    body,
  });
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: "{}" });
  return api.upstream.nextCall();
}

const deep = (levels: number): string => `${'{"a":['.repeat(levels)}${"]}".repeat(levels)}`;

describe("inputs", () => {
  test.each([
    ['{"model":"gpt-oss-20b","input":"x"}', '{"input":"x"}'],
    [' {\r\n\t"input" : "x" }\n', '{"input":"x"}'],
    ['{"input":"x","metadata":{"a":1.0,"b":-0.0,"c":1E2}}', '{"input":"x","metadata":{"a":1,"b":0,"c":100}}'],
    ['{"input":"a","input":"b"}', '{"input":"b"}'],
    [String.raw`{"input":"\u0061\/\u00e9"}`, '{"input":"a/é"}'],
  ])("keep the meaning of %s", async (body, inputs) => {
    expect((await forward(body)).inputsText).toBe(inputs);
  });

  test.each([
    ["big integers", '{"input":"x","metadata":{"a":12345678901234567890,"b":[-9007199254740993]}}'],
    ["long fractions", '{"input":"x","temperature":0.10000000000000000001}'],
    ["numbers beyond a double", '{"input":"x","a":1e400,"b":-1E-400}'],
    ["characters of every kind", '{"input":"žluťoučký 🐎 日本語 \u2028 \uFEFF \\ud800 \\u0000","é":"ﬀ"}'],
    ["__proto__", '{"__proto__":{"admin":true},"input":[{"__proto__":[1],"constructor":{"prototype":null}}]}'],
    ["nesting of 900 levels", `{"input":[${deep(449)}]}`],
    ["fields and nulls nobody knows", '{"input":[null,{"content":null}],"future":null,"tools":[{"type":"new"}]}'],
    ["fields that the schema names", '{"input":"x","reasoning":{"effort":"low","summary":"auto","future":[null]}}'],
    ["keys that look like numbers", '{"input":"x","metadata":{"z":1,"b":2,"":3," ":4}}'],
    ["store", '{"input":"x","store":true}'],
  ])("go upstream as they came with %s", async (_what, body) => {
    expect((await forward(body)).inputsText).toBe(body);
  });

  test("lose nulls of optional fields, which mean unset, and nothing else", async () => {
    const { inputsText } = await forward(
      '{"input":"x","instructions":null,"stream":null,"temperature":null,"reasoning":{"effort":null,"summary":null,"x":null},"other":null}',
    );
    expect(inputsText).toBe('{"input":"x","reasoning":{"x":null},"other":null}');
    expect((await forward('{"input":"x","reasoning":null,"model":null}')).inputsText).toBe('{"input":"x"}');
  });

  test("are semantically equal to 200 generated documents", async () => {
    const documents = fc
      .sample(
        fc.record({
          input: fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 })),
          metadata: fc.dictionary(
            fc.oneof(fc.string({ unit: "binary" }), fc.constant("__proto__")),
            fc.jsonValue({ maxDepth: 1 }),
            { maxKeys: 4 },
          ),
          count: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
          fraction: fc.double({ noNaN: true, noDefaultInfinity: true }),
        }),
        { numRuns: 200, seed: 20_261_123 },
      )
      .map(({ input, metadata, count, fraction }) => {
        const text = JSON.stringify({ input, metadata, fraction });
        return `${text.slice(0, -1)},"count":${count}}`;
      });
    api.upstream.setScript((call) => ({ body: call.inputsText }));
    const received = await Promise.all(
      documents.map(async (body) => {
        const response = await fetch(`${api.workerd.url()}/v1/responses`, {
          method: "POST",
          headers: clientHeaders,
          body,
        });
        return response.text();
      }),
    );
    api.upstream.setScript({ body: "{}" });
    for (const [index, text] of received.entries()) {
      const body = documents[index] ?? "";
      expect(readLossless(text)).toEqual(readLossless(body));
    }
  });
});

/** Parsed, but a number that a double can't hold stays its own text. */
function readLossless(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== String(value) ? { number: context?.source } : value,
  );
}

describe("the upstream call", () => {
  test("asks for the raw answer of the model the client named, in each way to write it", async () => {
    for (const [name, model] of [
      ["@cf/openai/gpt-oss-120b", "@cf/openai/gpt-oss-120b"],
      ["openai/gpt-oss-120b", "@cf/openai/gpt-oss-120b"],
      ["gpt-oss-20b", "@cf/openai/gpt-oss-20b"],
    ]) {
      const call = await forward(JSON.stringify({ model: name, input: "x" }));
      expect(call.model).toBe(model);
      expect(call.path).toBe("/run?version=3");
      expect(call.options).toEqual({ returnRawResponse: true });
    }
    expect((await forward('{"input":"x"}')).model).toBe("@cf/openai/gpt-oss-20b");
  });

  test("carries nothing of the caller's key, cookies or headers", async () => {
    const { headers, bodyText } = await forward('{"input":"x"}', {
      headers: {
        cookie: "session=caller-secret",
        "openai-organization": "caller-secret",
        "openai-project": "caller-secret",
        "x-forwarded-for": "203.0.113.9",
        "x-api-key": "caller-secret",
        "x-session-affinity": "caller-secret",
        "cf-aig-authorization": "caller-secret",
        "cf-consn-model-id": "caller-secret",
        traceparent: "00-caller-secret",
        "user-agent": "caller-secret/1.0",
        "x-request-id": "caller-secret-id",
      },
    });
    const received = `${JSON.stringify(headers)}${bodyText}`;
    expect(received).not.toContain("caller-secret");
    expect(received).not.toContain("203.0.113.9");
    expect(received).not.toContain(testKey);
    expect(Object.keys(headers).toSorted()).toEqual([
      "cf-consn-model-id",
      "cf-consn-sdk-version",
      "content-length",
      "content-type",
      "host",
    ]);
  });

  test.each([
    ["an id", "conversation-7", "conversation-7"],
    [
      "a text no header can hold",
      "two words, žluťoučký\r\nx-injected: 1",
      "two%20words%2C%20%C5%BElu%C5%A5ou%C4%8Dk%C3%BD%0D%0Ax-injected%3A%201",
    ],
    ["half a character", "\ud800", "%EF%BF%BD"],
    ["256 characters", "x".repeat(256), "x".repeat(256)],
    ["100,000 characters", "x".repeat(100_000), "x".repeat(256)],
  ])("routes by a prompt_cache_key of %s", async (_what, key, affinity) => {
    const body = JSON.stringify({ input: "x", prompt_cache_key: key });
    const { headers, inputsText } = await forward(body);
    expect(headers["x-session-affinity"]).toBe(affinity);
    expect(headers).not.toHaveProperty("x-injected");
    expect(inputsText).toBe(body);
  });

  test.each(["", null, 7, ["a"], { a: 1 }])("is not routed by prompt_cache_key %j", async (key) => {
    const { headers } = await forward(JSON.stringify({ input: "x", prompt_cache_key: key }));
    expect(headers).not.toHaveProperty("x-session-affinity");
  });

  test("goes through the AI Gateway of AI_GATEWAY_ID", async () => {
    const call = await forward('{"input":"x","prompt_cache_key":"k"}', { worker: "gateway" });
    expect(call.path).toBe("/ai-gateway/run?version=3");
    expect(call.options).toEqual({ returnRawResponse: true, gateway: { id: "my-gateway" } });
    expect(call.headers["x-session-affinity"]).toBe("k");
  });
});
