import { describe, expect, it } from "vitest";
import { version } from "../package.json";
import { app } from "../src/app.ts";

const key = "key-one-0123456789";

/** An `AI` binding that must not be called. */
const noAi = {
  run() {
    throw new Error("the model was called");
  },
};

function send(path: string, init: RequestInit = {}, settings: object = {}) {
  return app.request(path, init, { AI: noAi, API_KEYS: `alice:${key},bob:key-two-0123456789`, ...settings });
}

function withKey({
  headers,
  ...init
}: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {}): RequestInit {
  return { ...init, headers: { authorization: `Bearer ${key}`, ...headers } };
}

async function errorOf(answer: Response | Promise<Response>) {
  const settled = await answer;
  return { status: settled.status, ...(await settled.json<{ error: object }>()).error };
}

describe("a key of the client's own", () => {
  it("is in an error by its first 64 characters", async () => {
    const name = "k".repeat(100_000);
    const body = JSON.stringify({ input: "Hi", metadata: { [name]: 1 } });
    const headers = { "content-type": "application/json" };
    const answer = await send("/openai/v1/responses", withKey({ method: "POST", headers, body }));
    expect(await errorOf(answer)).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "invalid_type",
      param: `metadata.${"k".repeat(64)}`,
      message: `The field \`metadata.${"k".repeat(64)}\` must be a string.`,
    });
  });
});

describe("health", () => {
  it("answers without a key", async () => {
    const answer = await send("/health");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: "ok",
      mode: "native",
      auth: "keys",
      models: ["@cf/openai/gpt-oss-20b"],
      features: {
        rate_limiter: false,
        responses: false,
        conversations: false,
        background: false,
        usage: false,
        metrics: false,
        managed_keys: false,
      },
      version,
    });
  });

  it("says which features are bound and what is served", async () => {
    const settings = {
      RATE_LIMITER: { limit: () => ({ success: false }) },
      AUTH: "none",
      MODELS: "@cf/a/b, @cf/c/d",
      FALLBACK_MODELS: "@cf/openai/gpt-oss-120b",
      PRICES: "@cf/c/d=0.95/4/0.16",
    };
    expect(await (await send("/health", {}, settings)).json()).toMatchObject({
      auth: "none",
      models: ["@cf/a/b", "@cf/c/d"],
      features: { rate_limiter: true, responses: false },
      prices: {
        "@cf/c/d": { input: 0.95, output: 4, cached: 0.16 },
        "@cf/openai/gpt-oss-120b": { input: 0.35, output: 0.75 },
      },
    });
  });

  it("tells prices, and what it falls back on, to a valid key only", async () => {
    const settings = { FALLBACK_MODELS: "@cf/openai/gpt-oss-120b", PRICES: "@cf/openai/gpt-oss-20b=0.1/0.2" };
    const ask = async (authorization: string) =>
      (await send("/health", { headers: { authorization } }, settings)).json();
    expect(await ask("Bearer another-key-0123456789")).not.toHaveProperty("prices");
    expect(await ask("Bearer key-one-0123456789")).toMatchObject({
      prices: {
        "@cf/openai/gpt-oss-20b": { input: 0.1, output: 0.2 },
        "@cf/openai/gpt-oss-120b": { input: 0.35, output: 0.75 },
      },
    });
  });

  it("names a wrong setting instead of saying ok", async () => {
    expect(await errorOf(send("/health", {}, { MODE: "fast" }))).toMatchObject({
      status: 500,
      type: "server_error",
      code: "misconfigured",
      param: "MODE",
    });
  });
});

describe("models", () => {
  const models = "@cf/openai/gpt-oss-20b, @cf/openai/gpt-oss-120b";

  it("lists the configured models in OpenAI's shape", async () => {
    const answer = await send("/v1/models", withKey(), { MODELS: models });
    expect(await answer.json()).toEqual({
      object: "list",
      data: [
        { id: "@cf/openai/gpt-oss-20b", object: "model", created: 1_754_352_000, owned_by: "openai" },
        { id: "@cf/openai/gpt-oss-120b", object: "model", created: 1_754_352_000, owned_by: "openai" },
        { id: "gpt-oss-20b", object: "model", created: 1_754_352_000, owned_by: "openai" },
        { id: "gpt-oss-120b", object: "model", created: 1_754_352_000, owned_by: "openai" },
      ],
    });
  });

  it("describes each of them to Codex, which sends its version", async () => {
    const answer = await send("/v1/models?client_version=0.169.0", withKey(), { MODELS: models });
    expect(await answer.json()).toMatchObject({
      object: "list",
      data: [{}, {}, {}, {}],
      models: [
        { slug: "@cf/openai/gpt-oss-20b", priority: 1, apply_patch_tool_type: "freeform" },
        { slug: "@cf/openai/gpt-oss-120b", priority: 2 },
        { slug: "gpt-oss-20b", display_name: "gpt-oss-20b", priority: 3 },
        { slug: "gpt-oss-120b", priority: 4 },
      ],
    });
  });

  it.each(["@cf/openai/gpt-oss-120b", "%40cf%2Fopenai%2Fgpt-oss-120b", "openai/gpt-oss-120b", "gpt-oss-120b"])(
    "retrieves the model written as %s",
    async (id) => {
      const answer = await send(`/v1/models/${id}`, withKey(), { MODELS: models });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        id: "@cf/openai/gpt-oss-120b",
        object: "model",
        created: 1_754_352_000,
        owned_by: "openai",
      });
    },
  );

  it("says which models there are when asked for another", async () => {
    expect(await errorOf(send("/v1/models/gpt-4o", withKey()))).toEqual({
      status: 404,
      type: "not_found_error",
      code: "model_not_found",
      param: "model",
      message: "This Worker does not serve that model. It serves: @cf/openai/gpt-oss-20b.",
    });
  });
});

describe("routing", () => {
  it.each([
    "/v1//responses",
    "/v1/responses/",
    "/V1/responses",
    "/v1/respons%65s/x/y",
    "/v1/../responses",
    "/v2/responses",
  ])("answers 404 at %s", async (path) => {
    expect(await errorOf(send(path, withKey({ method: "POST", body: "{}" })))).toMatchObject({
      status: 404,
      type: "not_found_error",
      code: "not_found",
      param: "",
    });
  });

  it.each([
    ["PUT", "/v1/responses", "POST"],
    ["DELETE", "/v1/responses", "POST"],
    ["GET", "/v1/responses", "POST"],
    ["GET", "/ai/v1/responses", "POST"],
    ["PATCH", "/client/v4/accounts/abc/ai/v1/responses", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
    ["DELETE", "/v1/models/gpt-oss-20b", "GET, HEAD"],
    ["POST", "/health", "GET, HEAD"],
  ])("answers 405 to %s %s with what is allowed", async (method, path, allow) => {
    const answer = await send(path, withKey({ method }));
    expect(answer.headers.get("allow")).toBe(allow);
    expect(await errorOf(answer)).toEqual({
      status: 405,
      type: "invalid_request_error",
      code: "method_not_allowed",
      param: "",
      message: `This path answers ${allow} only.`,
    });
  });

  it.each(["/openai/v1", "/v1", "/ai/v1"])(
    "says under %s what a client of Chat Completions has to do",
    async (base) => {
      expect(await errorOf(send(`${base}/chat/completions`, withKey({ method: "POST", body: "{}" })))).toEqual({
        status: 404,
        type: "not_found_error",
        code: "not_found",
        param: "",
        message:
          "This Worker serves the Responses API, not Chat Completions. Have the client use `POST …/responses` under the same base URL; how requests differ: https://developers.openai.com/api/docs/guides/migrate-to-responses.",
      });
    },
  );

  it.each(["/v1", "/openai/v1", "/ai/v1", "/client/v4/accounts/abc/ai/v1"])(
    "tells a client that wants a WebSocket to use HTTP under %s where WEBSOCKET is off",
    async (base) => {
      const asked = send(`${base}/responses`, withKey({ headers: { upgrade: "websocket" } }), { WEBSOCKET: "off" });
      expect(await errorOf(asked)).toEqual({
        status: 426,
        type: "invalid_request_error",
        code: "websocket_unsupported",
        param: "",
        message: "Responses are not served over WebSocket here. Send `POST`, with `stream: true` to stream.",
      });
    },
  );
});

describe("a request of Chat Completions", () => {
  const messages = [{ role: "user", content: "Hello" }];
  const chatTool = { type: "function", function: { name: "get_weather" } };

  it.each([
    [
      "native",
      { messages },
      "input",
      "The field `input` is required. It takes what Chat Completions calls `messages`.",
    ],
    [
      "compat",
      { messages },
      "input",
      "The field `input` is required. It takes what Chat Completions calls `messages`.",
    ],
    [
      "compat",
      { input: "Hello", tools: [chatTool] },
      "tools[0].name",
      "A tool's `name` stands beside its `type`, not inside `function`, where Chat Completions has it. Move it there.",
    ],
  ])("is told in %s mode where its fields go: %j", async (mode, body, param, message) => {
    const headers = { "content-type": "application/json" };
    const request = withKey({ method: "POST", headers, body: JSON.stringify(body) });
    const answer = send("/v1/responses", request, { MODE: mode });
    expect(await errorOf(answer)).toMatchObject({ status: 400, type: "invalid_request_error", param, message });
  });
});

describe("headers", () => {
  it("keeps a valid x-request-id and replaces one that is not", async () => {
    const kept = await send("/health", { headers: { "x-request-id": "trace_01-AB=" } });
    expect(kept.headers.get("x-request-id")).toBe("trace_01-AB=");
    const replaced = await send("/health", { headers: { "x-request-id": "a b" } });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });

  it.each(["/health", "/v1/models", "/nowhere"])("sends security headers and an id at %s", async (path) => {
    const { headers } = await send(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("strict-transport-security")).toBe("max-age=15552000; includeSubDomains");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    expect(headers.get("x-powered-by")).toBeNull();
  });
});

describe("CORS", () => {
  const preflight = {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-stainless-lang",
    },
  };

  it("answers a preflight without a key, for any origin by default", async () => {
    const answer = await send("/v1/responses", preflight);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET,POST,PATCH,DELETE,OPTIONS");
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization,content-type,x-stainless-lang");
    expect(answer.headers.get("access-control-max-age")).toBe("86400");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("exposes the headers clients read, on errors too", async () => {
    const answer = await send("/v1/models", { headers: { origin: "https://app.example" } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-expose-headers")).toBe(
      "x-request-id,retry-after,cf-ai-req-id,server-timing,x-fallback-model,warning,x-ratelimit-limit-requests,x-ratelimit-remaining-requests,x-ratelimit-reset-requests,x-ratelimit-limit-tokens,x-ratelimit-remaining-tokens,x-ratelimit-reset-tokens",
    );
  });

  it.each([
    ["https://app.example", "https://app.example"],
    ["https://other.example", null],
    ["https://app.example.evil.example", null],
    ["null", null],
  ])("answers origin %s with %s when only two are allowed", async (origin, allowed) => {
    const answer = await send(
      "/health",
      { headers: { origin } },
      { ALLOWED_ORIGINS: "https://app.example, https://admin.example" },
    );
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
    expect(answer.headers.get("vary")).toMatch(/origin/i);
  });
});

describe("settings", () => {
  it.each([
    ["AUTH", "off", "must be keys or none"],
    ["CONSOLE", true, "must be on or off"],
    ["MODE", "", "must be native or compat"],
    ["MODELS", "a,,b", "must be a comma separated list of model names"],
    ["MODELS", "", "must be a comma separated list of model names"],
    ["RETENTION_DAYS", "0", "must be a whole number of days from 1 to 3650"],
    ["WEBHOOK_URL", "http://receiver.example", "must be a URL that begins with https://"],
    ["WEBHOOK_URL", "receiver.example", "must be a URL that begins with https://"],
    ["WEBHOOK_SECRET", "whsec_c2hvcnQ=", "must be whsec_ and at least 24 bytes in base64"],
    [
      "WEBHOOK_SECRET",
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
      "must be whsec_ and at least 24 bytes in base64",
    ],
    ["MAX_BODY_BYTES", "16MB", "must be a whole number of bytes from 1 to 100000000"],
    ["MAX_BODY_BYTES", "-1", "must be a whole number of bytes from 1 to 100000000"],
    ["MAX_BODY_BYTES", 0, "must be a whole number of bytes from 1 to 100000000"],
    ["UPSTREAM_TIMEOUT_MS", "1e3", "must be a whole number of milliseconds from 1 to 2147483647"],
    ["UPSTREAM_TIMEOUT_MS", "99999999999", "must be a whole number of milliseconds from 1 to 2147483647"],
    ["ALLOWED_ORIGINS", "example.com", "must be a comma separated list of origins such as https://example.com, or *"],
    [
      "ALLOWED_ORIGINS",
      "https://a.example/",
      "must be a comma separated list of origins such as https://example.com, or *",
    ],
    ["AI_GATEWAY_ID", "my gateway", "must be the id of an AI Gateway"],
    ["FALLBACK_MODELS", "", "must be a comma separated list of model names"],
    ["UPSTREAM_RETRIES", 6, "must be a whole number of retries from 0 to 5"],
    ["REASONING_KEY", "too-short-for-a-key-of-any-use!", "must be 32 to 512 visible characters"],
    ["REASONING_KEY", "", "must be 32 to 512 visible characters"],
    ["LOG", "verbose", "must be off, requests or usage"],
    [
      "PRICES",
      "@cf/a/b=0.1234/1",
      "must be a comma separated list of prices in US dollars: per million tokens such as model=0.2/0.3 (input/output, then cached input if it has a price), per thousand calls such as web_search=5 (web_search, open_page, mcp, image_generation)",
    ],
    [
      "PRICES",
      "0.2/0.3",
      "must be a comma separated list of prices in US dollars: per million tokens such as model=0.2/0.3 (input/output, then cached input if it has a price), per thousand calls such as web_search=5 (web_search, open_page, mcp, image_generation)",
    ],
    [
      "DAILY_TOKEN_BUDGET",
      "1M",
      "must be a comma separated list of tokens a day: a number for every key, name=number for one",
    ],
    ["DAILY_TOKEN_BUDGET", "100,alice=1,200", "must not give two budgets to one key"],
    ["DAILY_TOKEN_BUDGET", "100,alcie=1", "names a key that API_KEYS does not have"],
    [
      "API_KEYS",
      "just-a-key-without-name",
      "must be comma separated name:key pairs, each key of 16 to 512 visible characters",
    ],
    ["API_KEYS", "alice:short", "must be comma separated name:key pairs, each key of 16 to 512 visible characters"],
    [
      "API_KEYS",
      "al ice:0123456789abcdef",
      "must be comma separated name:key pairs, each key of 16 to 512 visible characters",
    ],
    ["API_KEYS", "a:0123456789abcdef,b:0123456789abcdef", "must not give one key to two names"],
    ["API_KEYS", "a:0123456789abcdef,a:0123456789abcdef", "must not have one entry twice"],
    ["API_KEYS", "anonymous:0123456789abcdef", "must not have a key named anonymous: AUTH=none stores under that name"],
    ["API_KEYS", "key_0123456789abcdef01234567:0123456789abcdef", "must not name a key like the id of a managed one"],
    ["ADMIN_KEY", "0123456789abcdef0123456789abcde", "must be 32 to 512 visible characters"],
  ])("stops every request when %s is %j", async (name, value, rule) => {
    for (const path of ["/health", "/v1/models", "/v1/responses", "/nowhere"]) {
      expect(await errorOf(send(path, withKey(), { [name]: value }))).toEqual({
        status: 500,
        type: "server_error",
        code: "misconfigured",
        param: name,
        message: `The setting ${name} ${rule}.`,
      });
    }
  });

  it.each([
    ["WEBHOOK_SECRET", { WEBHOOK_URL: "https://receiver.example" }, "WEBHOOK_URL needs the secret WEBHOOK_SECRET."],
    [
      "WEBHOOK_URL",
      { WEBHOOK_SECRET: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" },
      "WEBHOOK_SECRET needs WEBHOOK_URL beside it.",
    ],
  ])("stops every request when %s is missing beside the other", async (param, settings, message) => {
    expect(await errorOf(send("/v1/models", withKey(), settings))).toEqual({
      status: 500,
      type: "server_error",
      code: "misconfigured",
      param,
      message,
    });
  });

  it("takes no key of API_KEYS for the admin key", async () => {
    const both = "0123456789abcdef0123456789abcdef";
    expect(await errorOf(send("/health", {}, { API_KEYS: `alice:${both}`, ADMIN_KEY: both }))).toMatchObject({
      code: "misconfigured",
      param: "ADMIN_KEY",
      message: "The setting ADMIN_KEY must not be a key of API_KEYS too.",
    });
  });

  it("takes numbers and spaces as wrangler.toml may hold them", async () => {
    const answer = await send("/health", {}, { MAX_BODY_BYTES: 1_000, MODE: " native ", API_KEYS: "" });
    expect(answer.status).toBe(200);
  });
});
