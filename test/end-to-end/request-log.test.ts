import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { readLog, readLogLine } from "../support/read-log.ts";
import { startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const key = "key-of-alice-0123456789";
const prompt = "a secret of the client";
const reply = "a secret of the model";

let upstream: ScriptedUpstream;
let workerd: Workerd;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const vars = { API_KEYS: `alice:${key}` };
  const modulePath = inject("bundlePath");
  workerd = await startWorkerd({
    workers: [
      { name: "logged", modulePath, vars },
      { name: "counting", modulePath, vars: { ...vars, LOG: "usage" } },
      { name: "silent", modulePath, vars: { ...vars, LOG: "off" } },
      { name: "misconfigured", modulePath, vars: { ...vars, LOG: "loud" } },
    ],
    upstreamAddress: upstream.address,
  });
});
beforeEach(() => {
  upstream.clear();
  upstream.setScript({
    headers: { "content-type": "application/json", "cf-ai-req-id": "up-1" },
    body: JSON.stringify({
      object: "response",
      output: [{ type: "message", content: reply }],
      usage: {
        input_tokens: 1_000,
        input_tokens_details: { cached_tokens: 640 },
        output_tokens: 50,
        output_tokens_details: { reasoning_tokens: 20 },
      },
    }),
  });
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
});

function send({
  id,
  path = "/v1/responses",
  method = "POST",
  body = JSON.stringify({ input: prompt }),
  headers = {},
  worker,
}: {
  id: string;
  path?: string;
  method?: string;
  body?: string | null;
  headers?: Record<string, string>;
  worker?: string;
}): Promise<Response> {
  return fetch(`${workerd.url(worker)}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-request-id": id, ...headers },
    body: method === "GET" ? null : body,
  });
}

/** What a line says of a request that no model was called for. */
const uncalled = { mode: "native", model: null, upstream_id: null, upstream_calls: 0, upstream_ms: 0, ending: null };

describe("the line of a request", () => {
  test("tells who called what, and what became of it", async () => {
    expect((await send({ id: "one" })).status).toBe(200);
    expect(await readLogLine(workerd, "one")).toEqual({
      event: "request",
      request_id: "one",
      key: "alice",
      key_id: "alice",
      method: "POST",
      transport: "http",
      route: "/v1/responses",
      mode: "native",
      model: "@cf/openai/gpt-oss-20b",
      status: 200,
      error_code: null,
      upstream_id: "up-1",
      upstream_calls: 1,
      ending: null,
      not_stored: null,
      ttfb_ms: expect.any(Number),
      upstream_ms: expect.any(Number),
      duration_ms: null,
      input_tokens: null,
      cached_tokens: null,
      reasoning_tokens: null,
      output_tokens: null,
      tokens_estimated: null,
      conversions: 0,
      searches: 0,
      pages: 0,
      mcp_calls: 0,
      images: 0,
      cost_usd: null,
    });
  });

  test("has the answer's tokens, their cost and the whole time with LOG=usage", async () => {
    await (await send({ id: "usage", worker: "counting" })).text();
    const line = await readLogLine(workerd, "usage");
    expect(line).toMatchObject({
      status: 200,
      ending: "whole",
      input_tokens: 1_000,
      cached_tokens: 640,
      reasoning_tokens: 20,
      output_tokens: 50,
      cost_usd: 0.000215,
    });
    expect(Number(line["duration_ms"])).toBeGreaterThanOrEqual(Number(line["ttfb_ms"]));
  });

  test("is written with LOG=usage when the client leaves amid the answer", async () => {
    upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: ["data: 1\n\n"], ending: "hang" });
    const client = await openConnection(workerd.port("counting"));
    const headers = { authorization: `Bearer ${key}`, "x-request-id": "left-amid" };
    client.send(renderRequest({ headers, body: JSON.stringify({ input: prompt, stream: true }) }));
    await client.waitForText("data: 1");
    client.reset();
    expect(await readLogLine(workerd, "left-amid")).toMatchObject({
      status: 200,
      ending: "client_left",
      tokens_estimated: true,
    });
    expect(await (await upstream.nextCall()).closed).toMatchObject({ outcome: "aborted" });
  });

  test.each([
    { id: "no-key", headers: { authorization: "" }, status: 401, code: "missing_api_key", keyName: null },
    { id: "wrong-key", headers: { authorization: "Bearer nope" }, status: 401, code: "invalid_api_key", keyName: null },
    { id: "bad-json", body: "{", status: 400, code: "invalid_json" },
    { id: "bad-model", body: '{"model":"gpt-4o","input":"x"}', status: 404, code: "model_not_found" },
    { id: "get", method: "GET", status: 405, code: "method_not_allowed" },
    { id: "odd-method", method: "PURGE", status: 405, code: "method_not_allowed" },
    { id: "nowhere", path: "/v1/responses/resp_123/secret", status: 404, code: "not_found", route: "unmatched" },
    {
      id: "nowhere-open",
      path: "/etc/passwd",
      status: 404,
      code: "not_found",
      route: "unmatched",
      keyName: null,
      mode: null,
    },
    {
      id: "rest-path",
      path: "/client/v4/accounts/0123abc/ai/v1/responses",
      body: "{}",
      status: 400,
      code: "missing_required_parameter",
      route: "/client/v4/accounts/:account/ai/v1/responses",
    },
    {
      id: "compact",
      path: "/v1/responses/compact",
      status: 404,
      code: "compat_mode_only",
      route: "/v1/responses/compact",
    },
    {
      id: "stored",
      path: "/v1/responses/resp_123/input_items",
      method: "GET",
      status: 404,
      code: "response_not_found",
      route: "/v1/responses/:id/input_items",
    },
    {
      id: "preflight",
      path: "/v1/responses/resp_123",
      method: "OPTIONS",
      status: 204,
      code: null,
      route: "/*",
      keyName: null,
      mode: null,
    },
    {
      id: "one-model",
      path: "/v1/models/openai%2Fgpt-5",
      method: "GET",
      status: 404,
      code: "model_not_found",
      route: "/v1/models/:id",
    },
  ])(
    "is written for the refused request $id",
    async ({ status, code, keyName = "alice", mode = "native", route, ...request }) => {
      expect((await send(request)).status).toBe(status);
      expect(await readLogLine(workerd, request.id)).toMatchObject({
        ...uncalled,
        mode,
        key: keyName,
        method: request.method ?? "POST",
        route: route ?? "/v1/responses",
        status,
        error_code: code,
      });
    },
  );

  test("names upstream's error and its id", async () => {
    upstream.enqueue({
      status: 429,
      headers: { "cf-ai-req-id": "up-busy" },
      body: '{"internalCode":3040,"description":"secret"}',
    });
    expect((await send({ id: "busy" })).status).toBe(429);
    expect(await readLogLine(workerd, "busy")).toMatchObject({
      model: "@cf/openai/gpt-oss-20b",
      status: 429,
      error_code: "out_of_capacity",
      upstream_id: "up-busy",
      upstream_calls: 1,
    });
  });

  test("is written when the client leaves before the answer", async () => {
    upstream.enqueue("hang");
    const client = await openConnection(workerd.port("logged"));
    const headers = { authorization: `Bearer ${key}`, "x-request-id": "left" };
    client.send(renderRequest({ headers, body: JSON.stringify({ input: prompt }) }));
    const call = await upstream.nextCall();
    client.reset();
    expect(await call.closed).toMatchObject({ outcome: "aborted" });
    expect(await readLogLine(workerd, "left")).toMatchObject({ status: 499, error_code: "client_closed_request" });
  });

  test("is written when the client leaves amid its own request", async () => {
    const client = await openConnection(workerd.port("logged"));
    const headers = { authorization: `Bearer ${key}`, "x-request-id": "half" };
    client.send(renderRequest({ headers, body: JSON.stringify({ input: prompt }) }).subarray(0, -5));
    await send({ id: "meanwhile" });
    client.reset();
    expect(await readLogLine(workerd, "half")).toMatchObject({
      ...uncalled,
      status: 499,
      error_code: "client_closed_request",
    });
  });

  test("is written for a wrong setting, also when it is the one about the log", async () => {
    expect((await send({ id: "wrong", worker: "misconfigured" })).status).toBe(500);
    expect(await readLogLine(workerd, "wrong")).toMatchObject({ mode: null, status: 500, error_code: "misconfigured" });
  });

  test("is not written with LOG=off", async () => {
    await send({ id: "silent", worker: "silent" });
    await send({ id: "after-silent" });
    await readLogLine(workerd, "after-silent");
    expect(workerd.output()).not.toContain('"silent"');
  });
});

describe("what a caller sends", () => {
  test("can't start a line, hide in one, or make one long", async () => {
    upstream.enqueue({
      headers: { "content-type": "application/json", "cf-ai-req-id": `é"},{"event":"forged"}${"x".repeat(3000)}` },
      body: "{}",
    });
    await send({ id: "hostile", headers: { "user-agent": '"\\n{"event":"forged"}' } });
    const line = await readLogLine(workerd, "hostile");
    expect(String(line["upstream_id"])).toHaveLength(256);
    expect(readLog(workerd).filter(({ fields }) => fields["event"] === "forged")).toEqual([]);
    await send({ id: "a\tb" });
    await send({ id: "x".repeat(10_000) });
    for (const { text } of readLog(workerd)) {
      expect(text).toMatch(/^[\u0020-\u007e]+$/);
      expect(text.length).toBeLessThan(2_000);
    }
  });

  test("is never in the log, and neither is the model's answer or the key", () => {
    expect(readLog(workerd).length).toBeGreaterThan(15);
    for (const secret of ["secret", key, "resp_123", "passwd", "0123abc", "gpt-4o"]) {
      expect(workerd.output()).not.toContain(secret);
    }
  });
});

describe("Server-Timing", () => {
  test("tells upstream's share and the proxy's own", async () => {
    const answer = await send({ id: "timed", headers: { origin: "https://app.example" } });
    expect(answer.headers.get("server-timing")).toMatch(/^upstream;dur=\d+, proxy;dur=\d+$/);
    expect(answer.headers.get("timing-allow-origin")).toBe("*");
  });

  test("is on errors too", async () => {
    const answer = await send({ id: "timed-error", body: "{" });
    expect(answer.headers.get("server-timing")).toMatch(/^upstream;dur=0, proxy;dur=\d+$/);
  });

  test("counts the wait for the model as upstream's", async () => {
    upstream.enqueue(async () => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      return { body: "{}" };
    });
    const answer = await send({ id: "slow" });
    const [, upstreamMs, proxyMs] = /dur=(\d+), proxy;dur=(\d+)/.exec(answer.headers.get("server-timing") ?? "") ?? [];
    const line = await readLogLine(workerd, "slow");
    expect(Number(upstreamMs)).toBeGreaterThanOrEqual(119);
    expect(line).toMatchObject({ upstream_ms: Number(upstreamMs), ttfb_ms: Number(upstreamMs) + Number(proxyMs) });
  });
});
