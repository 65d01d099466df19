import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type Api, startApi, testKey } from "../support/start-api.ts";

const otherKey = "other-key-0123456789";

let api: Api;

beforeAll(async () => {
  api = await startApi(
    inject("bundlePath"),
    [
      { name: "api", vars: { API_KEYS: `tester:${testKey}, other:${otherKey}` } },
      {
        name: "limited",
        vars: { API_KEYS: `tester:${testKey},tester:${testKey}-next,other:${otherKey}` },
        services: [{ binding: "RATE_LIMITER", service: "limiter", entrypoint: "Limiter" }],
      },
      { name: "keyless", vars: { API_KEYS: "" } },
      { name: "open", vars: { API_KEYS: "", AUTH: "none" } },
      { name: "misconfigured", vars: { UPSTREAM_TIMEOUT_MS: "5 minutes" } },
      { name: "choosy", vars: { ALLOWED_ORIGINS: "https://app.example", MAX_BODY_BYTES: "20" } },
    ],
    [{ name: "limiter", modulePath: fileURLToPath(new URL("../support/rate-limiter.js", import.meta.url)) }],
  );
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

interface Call {
  worker?: string;
  method?: string;
  path?: string;
  key?: string;
  headers?: Record<string, string>;
}

function call({
  worker = "api",
  method = "POST",
  path = "/v1/responses",
  key,
  headers = {},
}: Call = {}): Promise<Response> {
  return fetch(`${api.workerd.url(worker)}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(method === "POST" && { body: '{"input":"hi"}' }),
  });
}

async function errorOf(response: Response): Promise<unknown> {
  return { status: response.status, ...((await response.json()) as { error: object }).error };
}

describe("a key", () => {
  test.each([`Bearer ${testKey}`, `bearer ${testKey}`, `BEARER   ${testKey}  `, `Bearer ${otherKey}`])(
    "of this Worker lets a call in: %s",
    async (authorization) => {
      const response = await call({ headers: { authorization } });
      expect(response.status).toBe(200);
      expect(api.upstream.calls).toHaveLength(1);
    },
  );

  test("opens nothing where none is configured, and the answer says how to set one", async () => {
    for (const key of [undefined, testKey, "", "undefined"]) {
      const response = await call({ worker: "keyless", ...(key !== undefined && { key }) });
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="responses-api"');
      expect(await errorOf(response)).toEqual({
        status: 401,
        type: "authentication_error",
        param: "",
        code: "api_keys_not_set",
        message:
          "This Worker has no API keys yet, so nobody can call it. Its operator sets them with `npx wrangler secret put API_KEYS` (name:key pairs, comma separated).",
      });
    }
    expect((await call({ worker: "keyless", method: "GET", path: "/health" })).status).toBe(200);
    expect(api.upstream.calls).toEqual([]);
  });

  test("is not asked for where AUTH is none", async () => {
    expect((await call({ worker: "open" })).status).toBe(200);
    expect((await call({ worker: "open", key: "whatever" })).status).toBe(200);
  });
});

describe("the rate limit", () => {
  test("counts by the key's name, and answers 429 with Retry-After", async () => {
    // Two calls a name. Two keys of one name count together; those who may not enter aren't counted.
    const statuses: number[] = [];
    for (const key of [testKey, `${testKey}-next`, "wrong-key-0123456789", otherKey]) {
      statuses.push((await call({ worker: "limited", key })).status);
    }
    expect(statuses).toEqual([200, 200, 401, 200]);
    api.upstream.clear();
    for (const path of ["/v1/responses", "/ai/v1/responses", "/client/v4/accounts/a/ai/v1/responses"]) {
      const refused = await call({ worker: "limited", key: testKey, path });
      expect(refused.headers.get("retry-after")).toBe("60");
      expect(await errorOf(refused)).toEqual({
        status: 429,
        type: "rate_limit_error",
        param: "",
        code: "rate_limit_exceeded",
        message: "This key has sent too many requests. Try again in 60 seconds.",
      });
    }
    expect((await call({ worker: "limited", method: "GET", path: "/health" })).status).toBe(200);
    expect(api.upstream.calls).toEqual([]);
    const counted = (await (await fetch(api.workerd.url("limiter"))).json()) as object;
    expect(counted).toEqual({ tester: 5, other: 1 });
  });
});

describe("a wrong setting", () => {
  test("stops every request with the error that names it, and keeps its value to itself", async () => {
    for (const [method, path] of [
      ["POST", "/v1/responses"],
      ["GET", "/v1/models"],
      ["GET", "/health"],
      ["GET", "/nowhere"],
      ["OPTIONS", "/v1/responses"],
    ] as const) {
      expect(await errorOf(await call({ worker: "misconfigured", method, path, key: testKey }))).toEqual({
        status: 500,
        type: "server_error",
        param: "UPSTREAM_TIMEOUT_MS",
        code: "misconfigured",
        message: "The setting UPSTREAM_TIMEOUT_MS must be a whole number of milliseconds from 1 to 2147483647.",
      });
    }
    expect(api.upstream.calls).toEqual([]);
  });
});

describe("MAX_BODY_BYTES", () => {
  test("is the longest body that is read", async () => {
    const send = (body: string) =>
      fetch(`${api.workerd.url("choosy")}/v1/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${testKey}` },
        body: new Blob([body]),
      });
    expect((await send('{"input":"12345678"}')).status).toBe(200);
    expect(await errorOf(await send('{"input":"123456789"}'))).toMatchObject({
      status: 413,
      code: "request_too_large",
      message: "The request body is larger than the 20 bytes this Worker accepts.",
    });
    expect(api.upstream.calls).toHaveLength(1);
  });
});

describe("a browser on another origin", () => {
  const origin = "https://app.example";

  test("may preflight every route without a key", async () => {
    for (const path of ["/v1/responses", "/ai/v1/responses", "/client/v4/accounts/a/ai/v1/responses", "/v1/models"]) {
      const response = await call({
        method: "OPTIONS",
        path,
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type,x-stainless-os",
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")).toContain("POST");
      expect(response.headers.get("access-control-allow-headers")).toBe("authorization,content-type,x-stainless-os");
      expect(response.headers.get("access-control-max-age")).toBe("86400");
    }
    expect(api.upstream.calls).toEqual([]);
  });

  test("may read answers, streams and errors, and the headers that clients read", async () => {
    api.upstream.enqueue(
      { headers: { "content-type": "application/json", "cf-ai-req-id": "r" }, body: "{}" },
      { headers: { "content-type": "text/event-stream" }, body: "data: 1\n\n" },
      { status: 429, body: "" },
    );
    const answers = [];
    for (let index = 0; index < 3; index += 1) answers.push(await call({ key: testKey, headers: { origin } }));
    answers.push(await call({ headers: { origin } }), await call({ path: "/nowhere", headers: { origin } }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 401, 404]);
    for (const answer of answers) {
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      const exposed = answer.headers.get("access-control-expose-headers")?.split(",") ?? [];
      expect(exposed).toEqual(expect.arrayContaining(["x-request-id", "retry-after", "cf-ai-req-id"]));
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      await answer.text();
    }
  });

  test.each([
    ["https://app.example", "https://app.example"],
    ["https://app.example.evil.example", null],
    ["http://app.example", null],
    ["null", null],
  ])("from %s is allowed %s where ALLOWED_ORIGINS names one", async (from, allowed) => {
    const response = await call({ worker: "choosy", method: "GET", path: "/health", headers: { origin: from } });
    expect(response.headers.get("access-control-allow-origin")).toBe(allowed);
    expect(response.headers.get("vary")).toMatch(/\borigin\b/i);
  });
});

describe("every answer", () => {
  test("has security headers and an id, and keeps the one it was sent when it is valid", async () => {
    for (const [sent, kept] of [
      ["trace-1_a=b", "trace-1_a=b"],
      ["<script>", /^[\da-f-]{36}$/],
      ["a".repeat(300), /^[\da-f-]{36}$/],
    ] as const) {
      for (const path of ["/v1/responses", "/nowhere"]) {
        const { headers } = await call({ key: testKey, path, headers: { "x-request-id": sent } });
        expect(headers.get("x-request-id")).toMatch(kept);
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
        expect(headers.get("strict-transport-security")).toBe("max-age=15552000; includeSubDomains");
        expect(headers.get("referrer-policy")).toBe("no-referrer");
      }
    }
  });

  test("to HEAD has the head of GET and no body", async () => {
    for (const path of ["/health", "/v1/models", "/v1/models/gpt-oss-20b"]) {
      const response = await call({ method: "HEAD", path, key: testKey });
      expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: "" });
      expect(response.headers.get("content-type")).toBe("application/json");
    }
  });

  test.each([
    ["PUT", "/v1/responses", "POST"],
    ["GET", "/ai/v1/responses", "POST"],
    ["DELETE", "/client/v4/accounts/a/ai/v1/responses", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
    ["DELETE", "/v1/models/gpt-oss-20b", "GET, HEAD"],
    ["POST", "/health", "GET, HEAD"],
  ])("to %s %s is a 405 that allows %s", async (method, path, allow) => {
    const response = await call({ method, path, key: testKey });
    expect(response.headers.get("allow")).toBe(allow);
    expect(await errorOf(response)).toMatchObject({ status: 405, code: "method_not_allowed", param: "" });
  });
});
