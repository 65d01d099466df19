import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openConnection, type RawResponse, renderRequest } from "../support/raw-client.ts";
import { readLog, readLogLine } from "../support/read-log.ts";
import { connectSocket } from "../support/socket-client.ts";
import { type Api, clientHeaders, startApi, testKey } from "../support/start-api.ts";

const bases = ["/openai/v1", "/v1", "/ai/v1", "/client/v4/accounts/abc/ai/v1"];

/** A key with every character that may stand in a subprotocol. */
const tokenKey = "key!#$%&'*+-.^_`|~09AZaz";

const adminKey = "admin-key-0123456789-0123456789-0123";

const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

const answer = JSON.stringify({
  id: "resp_upstream",
  object: "response",
  status: "completed",
  output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] }],
  usage: { input_tokens: 30, output_tokens: 12, total_tokens: 42 },
});

let api: Api;

beforeAll(async () => {
  const limiter = [{ binding: "RATE_LIMITER", service: "limiter", entrypoint: "Limiter" }];
  const usage = [{ binding: "USAGE", className: "UsageCounter" }];
  api = await startApi(
    inject("bundlePath"),
    [
      { name: "api", vars: { API_KEYS: `tester:${testKey},page:${tokenKey}`, ALLOWED_ORIGINS: "https://app.example" } },
      { name: "any-origin", vars: { API_KEYS: `page:${tokenKey}` } },
      { name: "off", vars: { WEBSOCKET: "off" } },
      { name: "open", vars: { AUTH: "none", ALLOWED_ORIGINS: "https://app.example" } },
      { name: "counting", vars: { DAILY_TOKEN_BUDGET: "100" }, durableObjects: usage },
      {
        name: "managed",
        vars: { ADMIN_KEY: adminKey, MODELS: "@cf/openai/gpt-oss-20b,@cf/openai/gpt-oss-120b" },
        durableObjects: [
          ...usage,
          { binding: "KEYS", className: "ManagedKey" },
          { binding: "KEY_DIRECTORY", className: "KeyDirectory" },
        ],
      },
      { name: "limited", services: limiter },
      { name: "limited-turns", services: limiter, vars: { API_KEYS: `turner:${testKey}` } },
    ],
    [{ name: "limiter", modulePath: fileURLToPath(new URL("../support/rate-limiter.js", import.meta.url)) }],
  );
});
beforeEach(() => {
  api.upstream.clear();
  api.upstream.setScript({ body: answer });
});
afterAll(() => api?.stop());

async function shakeHands(
  headers: Record<string, string>,
  { path = "/openai/v1/responses", worker }: { path?: string; worker?: string } = {},
): Promise<RawResponse> {
  const client = await openConnection(api.workerd.port(worker));
  client.send(renderRequest({ method: "GET", path, headers: { ...handshake, ...headers } }));
  const head = await client.waitForText("\r\n\r\n");
  // The answer that opens a connection has no body, and no length.
  const response = head.includes("HTTP/1.1 101")
    ? { status: 101, header: (name: string) => headerOf(head.toString("latin1"), name) }
    : await client.readResponse();
  client.close();
  return response as RawResponse;
}

function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1];
}

function errorOf({ status, body }: RawResponse): unknown {
  return { status, ...(JSON.parse(body.toString()) as { error: object }).error };
}

const { authorization } = clientHeaders;

describe("a handshake", () => {
  test.each(bases)("under %s opens a connection, and is named", async (base) => {
    const opened = await shakeHands({ authorization, "x-request-id": "mine" }, { path: `${base}/responses` });
    expect(opened.status).toBe(101);
    expect(opened.header("x-request-id")).toBe("mine");
    expect(opened.header("sec-websocket-protocol")).toBeUndefined();
  });

  test.each(bases)("under %s is a 426 where WEBSOCKET is off", async (base) => {
    const refused = await shakeHands({ authorization }, { path: `${base}/responses`, worker: "off" });
    expect(errorOf(refused)).toEqual({
      status: 426,
      type: "invalid_request_error",
      code: "websocket_unsupported",
      param: "",
      message: "Responses are not served over WebSocket here. Send `POST`, with `stream: true` to stream.",
    });
  });

  test.each([
    ["without a key", {}, "missing_api_key"],
    ["with another key", { authorization: "Bearer another-key-0123456789" }, "invalid_api_key"],
    [
      "with another key as subprotocol",
      { "sec-websocket-protocol": "responses, openai-insecure-api-key.another-key-0123456789" },
      "invalid_api_key",
    ],
  ])("%s is a 401 over HTTP", async (_what, headers: Record<string, string>, code) => {
    for (const worker of ["api", "off"]) {
      expect(errorOf(await shakeHands(headers, { worker }))).toMatchObject({ status: 401, code });
    }
  });

  test("of a key that has sent too much is a 429 over HTTP", async () => {
    const sent = [];
    for (let count = 0; count < 3; count += 1) sent.push(await shakeHands({ authorization }, { worker: "limited" }));
    expect(sent.map(({ status }) => status)).toEqual([101, 101, 429]);
    expect(sent[2]?.header("retry-after")).toBe("60");
  });

  test("at a path that serves none is answered as if it asked for none", async () => {
    expect(await shakeHands({ authorization }, { path: "/openai/v1/models" })).toMatchObject({ status: 200 });
    const refused = await shakeHands({ authorization }, { path: "/openai/v1/conversations" });
    expect(errorOf(refused)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });
});

describe("a page", () => {
  const protocols = ["responses", `openai-insecure-api-key.${tokenKey}`];

  test("sends its key as a subprotocol, and gets `responses` as the one agreed on", async () => {
    const client = await connectSocket(`${api.workerd.url("any-origin")}/ai/v1/responses`, {
      protocols,
      headers: { origin: "https://anywhere.example", "x-request-id": "from-a-page" },
    });
    expect(client.protocol).toBe("responses");
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    client.close();
    expect(await readLogLine(api.workerd, "from-a-page-1")).toMatchObject({ key: "page" });
  });

  test("that offers only its key gets no subprotocol back", async () => {
    const offered = { "sec-websocket-protocol": `openai-insecure-api-key.${tokenKey}` };
    const opened = await shakeHands(offered, { worker: "any-origin" });
    expect([opened.status, opened.header("sec-websocket-protocol")]).toEqual([101, undefined]);
  });

  test.each([
    ["https://app.example", 101],
    ["https://other.example", 403],
    ["null", 403],
  ])("of %s is answered with %i where ALLOWED_ORIGINS names the first", async (origin, status) => {
    const offered = { "sec-websocket-protocol": protocols.join(", "), origin };
    const response = await shakeHands(offered);
    expect(response.status).toBe(status);
    if (status === 101) return;
    expect(errorOf(response)).toEqual({
      status: 403,
      type: "permission_error",
      code: "origin_not_allowed",
      param: "",
      message: "Pages of this origin may not call this Worker. Its operator allows them with ALLOWED_ORIGINS.",
    });
    // A client that sets the header is no page; one without a key is told that first.
    expect((await shakeHands({ authorization, origin })).status).toBe(101);
    expect((await shakeHands({ origin })).status).toBe(401);
  });

  test("of another origin is refused by a Worker without keys, too", async () => {
    expect((await shakeHands({ origin: "https://other.example" }, { worker: "open" })).status).toBe(403);
    expect((await shakeHands({}, { worker: "open" })).status).toBe(101);
  });

  test("has its key nowhere in the log", () => {
    expect(api.workerd.output()).not.toContain(tokenKey);
  });
});

/** What `/v1/usage` says of the key's tokens. */
async function readTokens(): Promise<number> {
  const response = await fetch(`${api.workerd.url("counting")}/v1/usage`, { headers: clientHeaders });
  const { total } = (await response.json()) as { total: { input_tokens: number; output_tokens: number } };
  return total.input_tokens + total.output_tokens;
}

describe("each turn", () => {
  test("has a line in the log, and so have the handshake and what is refused", async () => {
    const client = await connectSocket(`${api.workerd.url("counting")}/ai/v1/responses`, {
      headers: { ...clientHeaders, "x-request-id": "socket" },
    });
    await client.ask({ input: "a secret" });
    await client.ask({ input: "a secret", model: "gpt-5.5" });
    client.send("{");
    await client.next();
    const untaken = { conversions: 0, searches: 0, pages: 0, mcp_calls: 0, images: 0 };
    const shared = { event: "request", key: "tester", key_id: "tester", route: "/ai/v1/responses", mode: "native" };
    const times = { ttfb_ms: expect.any(Number), upstream_ms: expect.any(Number), duration_ms: expect.any(Number) };
    const untold = {
      input_tokens: null,
      cached_tokens: null,
      reasoning_tokens: null,
      output_tokens: null,
      tokens_estimated: null,
    };
    const uncalled = { ...untold, cost_usd: null, model: null, ending: null, not_stored: null, upstream_id: null };
    const turn = { ...shared, ...times, ...untaken, method: "response.create", transport: "websocket" };
    expect(await readLogLine(api.workerd, "socket")).toEqual({
      ...shared,
      ...times,
      ...uncalled,
      ...untaken,
      request_id: "socket",
      method: "GET",
      transport: "websocket",
      status: 101,
      error_code: null,
      upstream_calls: 0,
    });
    expect(await readLogLine(api.workerd, "socket-1")).toEqual({
      ...turn,
      request_id: "socket-1",
      status: 200,
      error_code: null,
      model: "@cf/openai/gpt-oss-20b",
      ending: "whole",
      not_stored: null,
      upstream_id: null,
      upstream_calls: 1,
      input_tokens: 30,
      cached_tokens: 0,
      reasoning_tokens: 0,
      output_tokens: 12,
      tokens_estimated: false,
      cost_usd: 0.000_009_6,
    });
    expect(await readLogLine(api.workerd, "socket-2")).toEqual({
      ...turn,
      ...uncalled,
      request_id: "socket-2",
      status: 404,
      error_code: "model_not_found",
      upstream_calls: 0,
    });
    expect(await readLogLine(api.workerd, "socket-3")).toMatchObject({
      ...turn,
      status: 400,
      error_code: "invalid_json",
    });
    expect(readLog(api.workerd).some(({ text }) => text.includes("a secret"))).toBe(false);
    client.close();
  });

  test("is counted for its key, and refused when the budget is spent; so is a handshake", async () => {
    const address = `${api.workerd.url("counting")}/ai/v1/responses`;
    const before = await readTokens();
    const client = await connectSocket(address, { headers: clientHeaders });
    const last = [];
    for (let count = 0; count < 4; count += 1) {
      last.push(await client.ask({ input: "Hi" }));
      await expect.poll(readTokens).toBe(Math.min(before + 42 * (count + 1), 126));
    }
    expect(last.at(-1)).toMatchObject({
      type: "error",
      status: 429,
      error: { type: "rate_limit_error", code: "budget_exceeded", param: "" },
    });
    client.close();
    expect(errorOf(await shakeHands({ authorization }, { worker: "counting" }))).toMatchObject({
      status: 429,
      code: "budget_exceeded",
    });
  });

  test("is counted against its key's rate, and refused in a frame", async () => {
    const client = await connectSocket(`${api.workerd.url("limited-turns")}/ai/v1/responses`, {
      headers: clientHeaders,
    });
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    expect(await client.ask({ input: "Hi" })).toEqual({
      type: "error",
      status: 429,
      error: {
        type: "rate_limit_error",
        code: "rate_limit_exceeded",
        message: "This key has sent too many requests. Try again in 60 seconds.",
        param: "",
      },
    });
    expect(api.upstream.calls).toHaveLength(1);
    client.close();
  });
});

/** Asks the admin's routes. */
async function manage(method: string, path: string, body?: object): Promise<{ id: string; key: string }> {
  const answered = await fetch(`${api.workerd.url("managed")}/admin/keys${path}`, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answered.status).toBe(200);
  return (await answered.json()) as { id: string; key: string };
}

function openManaged(key: string) {
  const headers = { authorization: `Bearer ${key}` };
  return connectSocket(`${api.workerd.url("managed")}/ai/v1/responses`, { headers });
}

describe("a managed key", () => {
  test("has in each turn the models, the requests a minute and the budget that it has over HTTP", async () => {
    const { id, key } = await manage("POST", "", { name: "limited", models: ["gpt-oss-20b"], requests_per_minute: 4 });
    const client = await openManaged(key);
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    expect(await client.ask({ input: "Hi", model: "gpt-oss-120b" })).toMatchObject({
      status: 404,
      error: { code: "model_not_found", param: "model" },
    });
    await manage("PATCH", `/${id}`, { budget: { daily_tokens: 42 } });
    expect(await client.ask({ input: "Hi" })).toMatchObject({ status: 429, error: { code: "budget_exceeded" } });
    expect(await client.ask({ input: "Hi" })).toMatchObject({ status: 429, error: { code: "rate_limit_exceeded" } });
    expect(api.upstream.calls).toHaveLength(1);
    client.close();
  });

  test("that is revoked ends its connection at the next turn", async () => {
    const { id, key } = await manage("POST", "", { name: "revoked" });
    const client = await openManaged(key);
    expect(await client.ask({ input: "Hi" })).toMatchObject({ type: "response.completed" });
    await manage("DELETE", `/${id}`);
    expect(await client.ask({ input: "Hi" })).toMatchObject({ status: 401, error: { code: "invalid_api_key" } });
    expect(await client.closed).toEqual({ code: 1008, reason: "The API key is not valid." });
    expect(errorOf(await shakeHands({ authorization: `Bearer ${key}` }, { worker: "managed" }))).toMatchObject({
      status: 401,
    });
  });
});
