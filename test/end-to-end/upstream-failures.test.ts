import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { openConnection, type RawConnection, renderRequest } from "../support/raw-client.ts";
import type { Answer, Script } from "../support/scripted-upstream.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";

/** What upstream says of itself: no client may see it. */
const inside = "trace zq-secret at /srv/model/serve.py, key sk-inside";

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    { name: "api" },
    { name: "impatient", vars: { UPSTREAM_TIMEOUT_MS: "1000" } },
  ]);
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

function requestBody(stream: boolean): string {
  return JSON.stringify({ input: "x", ...(stream && { stream }) });
}

/** Asks once, with upstream doing what `script` says, and reads the envelope: four strings, and nothing from inside. */
async function fail(script: Script, { stream = false, worker = "api" }: { stream?: boolean; worker?: string } = {}) {
  api.upstream.enqueue(script);
  // A refused stream is asked for once more without `stream`.
  const isRefusal = typeof script === "object" && [400, 405, 422].includes(script.status ?? 200);
  if (stream && isRefusal) api.upstream.enqueue(script);
  const response = await fetch(`${api.workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: clientHeaders,
    body: requestBody(stream),
  });
  const text = await response.text();
  const { error } = JSON.parse(text) as { error: Record<"message" | "type" | "param" | "code", string> };
  expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  expect(Object.values(error).map((value) => typeof value)).toEqual(["string", "string", "string", "string"]);
  expect(text).not.toMatch(/zq-secret|serve\.py|sk-inside|<html/);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, ...error, retryAfter, allow: response.headers.get("allow") };
}

async function connect(stream: boolean, worker?: string): Promise<RawConnection> {
  const client = await openConnection(api.workerd.port(worker));
  client.send(renderRequest({ headers: clientHeaders, body: requestBody(stream) }));
  return client;
}

/** developers.cloudflare.com/workers-ai/platform/errors, and three codes seen in the wild: status and our stable code. */
const known: readonly (readonly [number, number, string])[] = [
  [1001, 400, "upstream_invalid_input"],
  [3003, 400, "upstream_incomplete_request"],
  [3006, 413, "upstream_request_too_large"],
  [3007, 408, "upstream_timeout"],
  [3008, 408, "upstream_aborted"],
  [3023, 403, "upstream_account_blocked"],
  [3036, 429, "daily_allocation_used"],
  [3039, 400, "upstream_finetune_incomplete"],
  [3040, 429, "out_of_capacity"],
  [3041, 403, "upstream_account_not_allowed"],
  [3042, 404, "upstream_model_not_found"],
  [3043, 504, "upstream_server_timeout"],
  [5004, 400, "upstream_invalid_data"],
  [5005, 405, "upstream_lora_unsupported"],
  [5006, 400, "upstream_schema_mismatch"],
  [5007, 400, "upstream_no_such_model"],
  [5016, 403, "upstream_agreement_required"],
  [5018, 403, "upstream_private_model"],
  [5019, 405, "upstream_deprecated_sdk"],
  [8001, 400, "upstream_invalid_input"],
  [8006, 400, "upstream_output_too_short"],
];

const dialects = ["binding", "rest", "text"] as const;

function writeError(code: number, dialect: (typeof dialects)[number]): string {
  switch (dialect) {
    case "binding":
      return JSON.stringify({ internalCode: code, message: inside, name: "AiError", description: inside });
    case "rest":
      return JSON.stringify({ errors: [{ message: inside, code }], success: false, result: {}, messages: [] });
    case "text":
      return `AiError: ${code}: ${inside}`;
    default:
      return dialect satisfies never;
  }
}

const types: Record<number, string> = {
  400: "invalid_request_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  408: "invalid_request_error",
  413: "invalid_request_error",
  429: "rate_limit_error",
  504: "server_error",
};

const cases = known.flatMap(([number, status, code]) =>
  dialects.flatMap((dialect) =>
    [false, true].map((stream) => ({ number, dialect, answers: stream ? "a stream" : "JSON", stream, status, code })),
  ),
);

function secondsToMidnight(now: number): number {
  return Math.ceil((new Date(now).setUTCHours(24, 0, 0, 0) - now) / 1_000);
}

describe("upstream's codes", () => {
  test("make 126 cases: 21 codes, three dialects, JSON and stream", () => {
    expect(new Set(known.map(([number]) => number)).size).toBe(21);
    expect(cases).toHaveLength(126);
  });

  test.each(cases)(
    "$number in the $dialect dialect, where $answers was asked for, is $status $code",
    async ({ number, dialect, stream, status, code }) => {
      const before = Date.now();
      const answer = await fail({ status, body: writeError(number, dialect) }, { stream });
      const after = Date.now();
      expect(answer).toMatchObject({ status, code, type: types[status], param: "" });
      expect(answer.allow).toBe(status === 405 ? "POST" : null);
      if (code === "daily_allocation_used") {
        const bounds = [secondsToMidnight(after), Number(answer.retryAfter), secondsToMidnight(before)];
        expect(bounds.toSorted((a, b) => a - b)).toEqual(bounds);
      } else {
        expect(answer.retryAfter).toBe(status === 429 ? "5" : null);
      }
    },
  );

  test.each(dialects.flatMap((dialect) => [false, true].map((stream) => ({ dialect, stream }))))(
    "4006, which public bug reports name, is the daily allocation in the $dialect dialect, stream $stream",
    async ({ dialect, stream }) => {
      const answer = await fail({ status: 429, body: writeError(4006, dialect) }, { stream });
      expect(answer).toMatchObject({ status: 429, code: "daily_allocation_used" });
      expect(Number(answer.retryAfter)).toBeGreaterThan(0);
    },
  );

  test.each(dialects)("count for more than the HTTP status that they come with, in the %s dialect", async (dialect) => {
    expect(await fail({ status: 500, body: writeError(3040, dialect) })).toMatchObject({
      status: 429,
      code: "out_of_capacity",
    });
  });

  test("bring the schema's own findings to the developer, and no more of the text", async () => {
    const description = `Bad input: Error: oneOf at '/' not met: required properties at '/' are 'input' ${inside}; Type mismatch of '/messages/*/content', 'array' not in 'string'`;
    const { message } = await fail({ status: 400, body: JSON.stringify({ internalCode: 5006, description }) });
    expect(message).toBe(
      "The request does not fit the model's schema. It says: required properties at '/' are 'input'; Type mismatch of '/messages/*/content', 'array' not in 'string'.",
    );
  });
});

describe("a failure without a code we know", () => {
  test.each([
    [204, 502, "upstream_error"],
    [400, 400, "upstream_rejected"],
    [401, 502, "upstream_unauthorized"],
    [403, 403, "upstream_rejected"],
    [404, 404, "upstream_rejected"],
    [408, 408, "upstream_timeout"],
    [418, 418, "upstream_rejected"],
    [429, 429, "upstream_rate_limited"],
    [500, 500, "upstream_error"],
    [502, 502, "upstream_error"],
    [503, 503, "upstream_error"],
    [504, 504, "upstream_timeout"],
    [520, 502, "upstream_error"],
    [599, 502, "upstream_error"],
  ])("with upstream's status %i is %i %s", async (upstreamStatus, status, code) => {
    for (const stream of [false, true]) {
      const answer = await fail(
        upstreamStatus === 204 ? { status: 204, headers: {} } : { status: upstreamStatus, body: inside },
        { stream },
      );
      expect(answer).toMatchObject({ status, code, retryAfter: status === 429 ? "5" : null });
    }
  });

  test.each([
    ["a proxy's page", "<html><title>3040: sk-inside</title></html>"],
    ["nothing", ""],
    ["null", "null"],
    ["an empty list of errors", '{"errors":[],"success":false}'],
    ["a code that is not a number", '{"internalCode":"3040"}'],
    ["a code of tomorrow", `{"internalCode":9999,"description":"${inside}"}`],
    ["a list", "[3040]"],
    ["JSON nested 100,000 deep", "[".repeat(100_000)],
    ["three megabytes", "3040 ".repeat(600_000)],
  ])("and a body that is %s is known by its status", async (_what, body) => {
    expect(await fail({ status: 500, body })).toMatchObject({ status: 500, code: "upstream_error" });
  });
});

describe("Retry-After", () => {
  test.each([
    ["0", "0"],
    ["7", "7"],
    ["3600", "3600"],
    ["Wed, 25 Nov 2026 00:00:00 GMT", "Wed, 25 Nov 2026 00:00:00 GMT"],
    ["-1", "5"],
    ["1.5", "5"],
    ["1e3", "5"],
    ["soon", "5"],
    ["2026", "2026"],
    ["2026-11-25", "5"],
    ["Nov 25 2026", "5"],
    ["Wed, 25 Nov 2026 00:00:00 +0100", "5"],
    ["Thu, 25 Nov 2026 00:00:00 GMT", "5"],
    ["Wed, 31 Feb 2026 00:00:00 GMT", "5"],
    ["99999999999999999999", "5"],
    ["<b>7</b>", "5"],
  ])("%s of upstream reaches the client as %s", async (value, expected) => {
    const headers = { "content-type": "application/json", "retry-after": value };
    const answer = await fail({ status: 429, headers, body: writeError(3040, "binding") });
    expect(answer).toMatchObject({ status: 429, code: "out_of_capacity", retryAfter: expected });
  });

  test("is sent with a 429 only", async () => {
    const headers = { "content-type": "application/json", "retry-after": "7" };
    expect((await fail({ status: 503, headers, body: "{}" })).retryAfter).toBeNull();
  });
});

describe.each([false, true])("a 200 that is no answer, stream %s", (stream) => {
  const invalid = { status: 502, type: "server_error", code: "upstream_invalid_response", param: "" };

  test.each<[string, Answer]>([
    ["no body", { headers: { "content-type": "application/json" }, body: "" }],
    ["no body, chunked", { headers: { "content-type": "application/json" }, body: [] }],
    ["an empty stream", { headers: { "content-type": "text/event-stream" }, body: [] }],
    ["an empty stream of length 0", { headers: { "content-type": "text/event-stream" }, body: "" }],
  ])("is refused for %s", async (_what, answer) => {
    expect(await fail(answer, { stream })).toMatchObject({
      ...invalid,
      message: "The model's answer is not valid: it is empty. Try again.",
    });
  });

  test.each(["text/html", "text/plain", "application/octet-stream", "application/jsonp", "text/event-streams", "json"])(
    "is refused for the content type %s",
    async (contentType) => {
      expect(
        await fail({ headers: { "content-type": contentType }, body: `{"a":"${inside}"}` }, { stream }),
      ).toMatchObject({
        ...invalid,
        message: "The model's answer is not valid: it is neither JSON nor an event stream. Try again.",
      });
    },
  );

  test("is refused without a content type", async () => {
    expect(await fail({ headers: {}, body: '{"output":[]}' }, { stream })).toMatchObject(invalid);
  });
});

describe.each([false, true])("an upstream that breaks before its answer, stream %s", (stream) => {
  test("is a 502 when it resets the connection", async () => {
    expect(await fail("reset", { stream })).toMatchObject({
      status: 502,
      type: "server_error",
      code: "upstream_error",
    });
  });

  test("is a 502 when it sends headers and resets", async () => {
    for (const contentType of ["application/json", "text/event-stream"]) {
      const answer: Answer = { headers: { "content-type": contentType }, body: [], ending: "reset" };
      expect(await fail(answer, { stream })).toMatchObject({
        status: 502,
        type: "server_error",
        code: contentType === "application/json" ? "upstream_stream_broken" : "upstream_error",
      });
    }
  });

  test("is a 502 when its error breaks off", async () => {
    const answer: Answer = { status: 429, body: ['{"internalCode":'], ending: "reset" };
    expect(await fail(answer, { stream })).toMatchObject({ status: 502, code: "upstream_error" });
  });
});

/** 1,200 ms in all; 1,000 are allowed to the first byte of a stream and to the last of JSON. */
const trickle = () => cutBytes("data: 012345\n\n", { size: 2, pauseMs: 200 });

describe("an upstream that is too slow", () => {
  const json = { "content-type": "application/json" };
  const slow: Record<string, Script> = {
    "never answers": "hang",
    "sends JSON headers and no byte": { headers: json, body: [], ending: "hang" },
    "announces a length and sends no byte": { headers: { ...json, "content-length": "9" }, body: [], ending: "hang" },
    "sends stream headers and no byte": { headers: { "content-type": "text/event-stream" }, body: [], ending: "hang" },
    "sends half an error": { status: 429, headers: json, body: ['{"internal'], ending: "hang" },
    "sends half the JSON that a stream is to be made of": { headers: json, body: ['{"output":['], ending: "hang" },
  };

  test.each([false, true])("is a 504 and cancelled, stream %s", async (stream) => {
    const names = Object.keys(slow).slice(0, stream ? 6 : 5);
    // All at once: each takes the whole time that this Worker waits.
    const answers = await Promise.all(
      names.map((name) => fail(slow[name] ?? "reset", { stream, worker: "impatient" })),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 504,
        type: "server_error",
        code: "upstream_timeout",
        message: "Workers AI did not answer in time. Try again.",
      });
    }
    expect(api.upstream.calls).toHaveLength(names.length);
    for (const call of api.upstream.calls) expect(await call.closed).toMatchObject({ outcome: "aborted" });
  });

  test("is no failure of a stream once its first byte came in time", async () => {
    api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: trickle() });
    const client = await connect(true, "impatient");
    const response = await client.readResponse();
    expect(response).toMatchObject({ status: 200, complete: true, body: Buffer.from("data: 012345\n\n") });
    client.close();
  });

  test("is a 504 when JSON is not whole in time", async () => {
    api.upstream.enqueue({ headers: { "content-type": "application/json" }, body: trickle() });
    const client = await connect(false, "impatient");
    const response = await client.readResponse();
    expect(response).toMatchObject({ status: 504, complete: true });
    expect(JSON.parse(response.body.toString())).toMatchObject({ error: { code: "upstream_timeout" } });
    client.close();
  });
});

describe("a client that leaves", () => {
  test.each([false, true])("cancels the upstream call that is pending, stream %s", async (stream) => {
    api.upstream.enqueue("hang");
    const client = await connect(stream);
    const call = await api.upstream.nextCall();
    client.reset();
    expect(await call.closed).toMatchObject({ outcome: "aborted", bytesSent: 0 });
  });

  test.each([
    ["a stream", "text/event-stream", true, {}],
    ["JSON", "application/json", false, {}],
    ["JSON of a known length", "application/json", false, { "content-length": "100" }],
  ])("cancels the upstream call that is sending %s", async (_what, contentType, stream, headers) => {
    api.upstream.enqueue({
      headers: { "content-type": contentType, ...headers },
      body: ["data: 1\n\n", "data: 2\n\n"],
      ending: "hang",
    });
    const client = await connect(stream);
    const call = await api.upstream.nextCall();
    await vi.waitUntil(() => call.bytesSent === 18);
    client.reset();
    expect(await call.closed).toMatchObject({ outcome: "aborted", bytesSent: 18 });
  });

  test("cancels the upstream call whose JSON is being read for a replay", async () => {
    const started = Promise.withResolvers<void>();
    async function* write(): AsyncGenerator<string> {
      yield '{"output":[';
      started.resolve();
    }
    api.upstream.enqueue({ body: write(), ending: "hang" });
    const client = await connect(true);
    await started.promise;
    client.reset();
    expect(await (await api.upstream.nextCall()).closed).toMatchObject({ outcome: "aborted" });
  });

  test("leaves the Worker able to answer the next one", async () => {
    api.upstream.enqueue({ body: "[]" });
    const client = await connect(false);
    expect(await client.readResponse()).toMatchObject({ status: 200, body: Buffer.from("[]") });
    client.close();
  });
});

describe("a body that breaks", () => {
  test.each<[string, boolean, Answer]>([
    ["a stream", true, { headers: { "content-type": "text/event-stream" }, ending: "reset" }],
    ["JSON", false, { ending: "reset" }],
    [
      "JSON of a known length",
      false,
      { headers: { "content-type": "application/json", "content-length": "50" }, ending: "reset" },
    ],
    [
      "JSON whose connection ends short of its length",
      false,
      { headers: { "content-type": "application/json", "content-length": "50", connection: "close" } },
    ],
  ])("is never delivered as complete: %s", async (_what, stream, answer) => {
    for (const size of [1, 3, 100]) {
      const body = "data: one\n\ndata: two\n\n";
      api.upstream.enqueue({ ...answer, body: cutBytes(body, { size, pauseMs: 1 }) });
      const client = await connect(stream);
      const response = await client.readResponse();
      if (response.status === 200) {
        expect(response.complete).toBe(false);
        expect(body.startsWith(response.body.toString())).toBe(true);
        expect(client.ending).toBeDefined();
      } else {
        // JSON that broke off before its second chunk, and so before its status.
        expect(stream).toBe(false);
        expect(response).toMatchObject({ status: 502, complete: true });
        expect(JSON.parse(response.body.toString())).toMatchObject({ error: { code: "upstream_stream_broken" } });
      }
      client.close();
    }
  });
});

describe("what a failure leaves in the log", () => {
  test("is nothing from inside, and no unforeseen error", () => {
    const lines = api.workerd.output().split("\n");
    expect(lines.filter((line) => /zq-secret|serve\.py|sk-inside|unhandled_error|test-key/.test(line))).toEqual([]);
  });
});
