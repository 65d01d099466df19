import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { managedKeyPattern } from "../../src/access/hash-key.ts";
import { adminKey, aliceKey, createName, errorOf, makeKey, send } from "./ask-admin.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const noBudget = { daily_tokens: null, monthly_tokens: null, daily_usd: null, monthly_usd: null };
const nothingUsed = { today_tokens: 0, month_tokens: 0, today_usd: 0, month_usd: 0 };
const invalid = {
  status: 401,
  type: "authentication_error",
  code: "invalid_api_key",
  param: "",
  message: "The API key is not valid. Send a key of this Worker as `Authorization: Bearer <key>`.",
};

/** Every route of the admin, with what it takes. */
const adminRoutes = [
  ["POST", "/admin/keys"],
  ["GET", "/admin/keys"],
  ["GET", "/admin/keys/key_0"],
  ["PATCH", "/admin/keys/key_0"],
  ["DELETE", "/admin/keys/key_0"],
  ["POST", "/admin/keys/key_0/rotate"],
  ["GET", "/admin/overview"],
  ["GET", "/admin/nothing"],
  ["GET", "/v1/organization/usage/completions?start_time=0"],
  ["GET", "/v1/organization/costs?start_time=0"],
] as const;

describe.each(adminRoutes)("%s %s", (method, path) => {
  const body = method === "GET" || method === "DELETE" ? undefined : { name: "x" };

  it.each([
    ["no key", "", "missing_api_key"],
    ["a key of API_KEYS", `Bearer ${aliceKey}`, "invalid_api_key"],
    ["a wrong key", `Bearer ${adminKey}0`, "invalid_api_key"],
    ["the admin key as a password", `Basic ${btoa(`admin:${adminKey}`)}`, "invalid_api_key"],
  ])("is closed to %s", async (_what, authorization, code) => {
    const headers = authorization === "" ? { authorization: undefined } : { authorization };
    const answer = await send(path, { method, body, headers: headers as Record<string, string> });
    expect(answer.status).toBe(401);
    if (authorization !== "") expect(await errorOf(answer)).toMatchObject({ code });
  });

  it("is closed to a managed key, to everybody with AUTH=none, and to a cookie", async () => {
    const { key } = await makeKey();
    expect(await errorOf(send(path, { method, body, key }))).toEqual(invalid);
    expect(await errorOf(send(path, { method, body, key: aliceKey, settings: { AUTH: "none" } }))).toEqual(invalid);
    const cookie = await send(path, {
      method,
      body,
      key: "none",
      headers: { cookie: `authorization=Bearer ${adminKey}` },
    });
    expect(await errorOf(cookie)).toEqual(invalid);
  });

  it("says what to set when there is no admin key", async () => {
    expect(await errorOf(send(path, { method, body, settings: { ADMIN_KEY: undefined } }))).toEqual({
      status: 401,
      type: "authentication_error",
      code: "admin_key_not_set",
      param: "",
      message:
        "This Worker has no admin key, so nobody can manage it. Its operator sets one with `npx wrangler secret put ADMIN_KEY`.",
    });
  });
});

it("the admin key opens no route of a client", async () => {
  expect(await errorOf(send("/v1/models"))).toEqual(invalid);
  expect(await errorOf(send("/v1/responses", { method: "POST", body: { input: "hi" } }))).toEqual(invalid);
});

describe("POST /admin/keys", () => {
  it("makes a key that works, and shows it in this answer only", async () => {
    const name = createName();
    const expiresAt = Math.floor(Date.now() / 1_000) + 3_600;
    const budget = { daily_tokens: 1_000, monthly_usd: 2.5 };
    const models = ["gpt-oss-20b"];
    const body = { name, expires_at: expiresAt, models, requests_per_minute: 60, budget };
    const answer = await send("/admin/keys", { method: "POST", body });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { id, key, created_at, ...rest } = await answer.json<Record<string, string>>();
    expect(id).toMatch(/^key_[0-9a-f]{24}$/);
    expect(key).toMatch(managedKeyPattern);
    expect(Math.abs(Number(created_at) - Date.now() / 1_000)).toBeLessThan(60);
    expect(rest).toEqual({
      object: "admin.key",
      name,
      expires_at: expiresAt,
      models: ["@cf/openai/gpt-oss-20b"],
      requests_per_minute: 60,
      budget: { ...noBudget, ...budget },
      used: nothingUsed,
      source: "managed",
    });
    expect((await send("/v1/models", { key })).status).toBe(200);
    for (const path of [`/admin/keys/${id}`, "/admin/keys?limit=1000", "/admin/overview"]) {
      const text = await (await send(path)).text();
      expect(text).toContain(name);
      expect(text).not.toContain(key);
    }
  });

  it("stores no key, only its hash", async () => {
    const { id, key } = await makeKey();
    const { hash } = (await env.KEY_DIRECTORY.getByName("directory").find(id)) ?? { hash: "" };
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    expect(hash).toBe(new Uint8Array(digest).toHex());
    expect(JSON.stringify(await env.KEYS.getByName(hash).lease())).not.toContain(key);
  });

  it.each([
    [{}, "missing_required_parameter", "name", "The field `name` is required."],
    [{ name: 7 }, "invalid_type", "name", "The field `name` must be a string."],
    [
      { name: "a", budget: { daily_tokens: -1 } },
      "invalid_value",
      "budget.daily_tokens",
      "The field `budget.daily_tokens` must be at least 0.",
    ],
    [
      { name: "a", requests_per_minute: 0 },
      "invalid_value",
      "requests_per_minute",
      "The field `requests_per_minute` must be at least 1.",
    ],
    [
      { name: "a", requests_per_minute: 1.5 },
      "invalid_type",
      "requests_per_minute",
      "The field `requests_per_minute` must be a whole number.",
    ],
    [{ name: "a", models: [] }, "invalid_value", "models", "The field `models` must be at least 1."],
    [
      { name: "a", expires_at: 1 },
      "invalid_value",
      "expires_at",
      "`expires_at` must be in the future, in Unix seconds.",
    ],
  ])("refuses %j", async (body, code, param, message) => {
    expect(await errorOf(send("/admin/keys", { method: "POST", body }))).toEqual({
      status: 400,
      type: "invalid_request_error",
      code,
      param,
      message,
    });
  });

  it.each([
    [{ name: "a b" }, "invalid_value", "name"],
    [{ name: "anonymous" }, "invalid_value", "name"],
    [{ name: "key_0123456789abcdef01234567" }, "invalid_value", "name"],
    [{ name: "a", models: ["gpt-oss-20b", "gpt-5"] }, "invalid_value", "models[1]"],
    [{ name: "a", rpm: 5 }, "unknown_parameter", "rpm"],
    [{ name: "a", budget: { weekly_tokens: 5 } }, "unknown_parameter", "budget.weekly_tokens"],
  ])("refuses %j, naming the field", async (body, code, param) => {
    expect(await errorOf(send("/admin/keys", { method: "POST", body }))).toMatchObject({ status: 400, code, param });
  });

  it("gives no name twice, nor one of API_KEYS", async () => {
    const { name } = await makeKey();
    for (const taken of [name, "alice"]) {
      expect(await errorOf(send("/admin/keys", { method: "POST", body: { name: taken } }))).toEqual({
        status: 409,
        type: "invalid_request_error",
        code: "name_taken",
        param: "name",
        message: "Another key has that name. Names are unique across API_KEYS and managed keys.",
      });
    }
  });

  it("refuses a limit that nothing could keep", async () => {
    const body = { name: createName(), requests_per_minute: 5 };
    const answer = send("/admin/keys", { method: "POST", body, settings: { USAGE: undefined } });
    expect(await errorOf(answer)).toMatchObject({ status: 500, code: "misconfigured", param: "USAGE" });
  });
});

describe("an expired, a revoked and an unknown key", () => {
  it("get one and the same 401", async () => {
    const now = Date.now();
    const expired = await makeKey({ expires_at: Math.floor(now / 1_000) + 5 });
    const revoked = await makeKey();
    await send(`/admin/keys/${revoked.id}`, { method: "DELETE" });
    vi.useFakeTimers({ toFake: ["Date"], now: now + 6_000 });
    const answers = await Promise.all(
      [expired.key, revoked.key, `sk-${"x".repeat(43)}`, "sk-short"].map((key) => send("/v1/models", { key })),
    );
    for (const answer of answers) {
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="responses-api", error="invalid_token"');
      expect(await errorOf(answer)).toEqual(invalid);
    }
  });

  it("are slowed: an address that tries too many gets its own 429, with a right key too", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2030-01-01T00:00:48Z") });
    const headers = { "cf-connecting-ip": "203.0.113.77" };
    for (let count = 0; count < 30; count++) {
      expect(
        (await send(count % 2 === 0 ? "/v1/models" : "/admin/keys", { key: `wrong-${count}`, headers })).status,
      ).toBe(401);
    }
    for (const [path, key] of [
      ["/v1/models", aliceKey],
      ["/admin/keys", adminKey],
    ] as const) {
      const refused = await send(path, { key, headers });
      expect(refused.headers.get("retry-after")).toBe("12");
      expect(await errorOf(refused)).toEqual({
        status: 429,
        type: "rate_limit_error",
        code: "too_many_wrong_keys",
        param: "",
        message: "Too many wrong API keys came from this address. Correct the key, and try again in 12 seconds.",
      });
    }
    expect((await send("/v1/models", { key: aliceKey, headers: { "cf-connecting-ip": "203.0.113.78" } })).status).toBe(
      200,
    );
    vi.setSystemTime(Date.parse("2030-01-01T00:01:00Z"));
    expect((await send("/v1/models", { key: aliceKey, headers })).status).toBe(200);
  });
});

describe("PATCH /admin/keys/:id", () => {
  it("changes what it names, and takes a limit away with null", async () => {
    const { id } = await makeKey({ requests_per_minute: 60, budget: { daily_tokens: 5, daily_usd: 1 } });
    const change = (body: object) => send(`/admin/keys/${id}`, { method: "PATCH", body });
    expect(await (await change({ budget: { daily_tokens: 9 } })).json()).toMatchObject({
      id,
      requests_per_minute: 60,
      budget: { ...noBudget, daily_tokens: 9, daily_usd: 1 },
    });
    expect(await (await change({ requests_per_minute: null })).json()).toMatchObject({
      requests_per_minute: null,
      budget: { ...noBudget, daily_tokens: 9, daily_usd: 1 },
    });
    const name = createName();
    expect(await (await change({ budget: null, name })).json()).toMatchObject({ name, budget: noBudget });
    expect(await (await send(`/admin/keys/${id}`)).json()).toMatchObject({ name, budget: noBudget });
  });

  it("refuses another key's name, and an unknown key", async () => {
    const [one, other] = [await makeKey(), await makeKey()];
    const body = { name: other.name };
    expect(await errorOf(send(`/admin/keys/${one.id}`, { method: "PATCH", body }))).toMatchObject({
      code: "name_taken",
    });
    expect(await errorOf(send("/admin/keys/key_0", { method: "PATCH", body: {} }))).toEqual({
      status: 404,
      type: "not_found_error",
      code: "key_not_found",
      param: "",
      message: "There is no key with this id. `GET /admin/keys` lists them.",
    });
  });
});

describe("DELETE and rotate", () => {
  it("end a key", async () => {
    const { id, key } = await makeKey();
    expect((await send("/v1/models", { key })).status).toBe(200);
    expect(await (await send(`/admin/keys/${id}`, { method: "DELETE" })).json()).toEqual({
      object: "admin.key.deleted",
      id,
      deleted: true,
    });
    expect((await send("/v1/models", { key })).status).toBe(401);
    expect((await send(`/admin/keys/${id}`)).status).toBe(404);
    expect((await send(`/admin/keys/${id}`, { method: "DELETE" })).status).toBe(404);
  });

  it("give a key another secret under the same id, with the same limits", async () => {
    const first = await makeKey({ requests_per_minute: 7 });
    const answer = await send(`/admin/keys/${first.id}/rotate`, { method: "POST" });
    const second = await answer.json<typeof first>();
    expect(second).toEqual({ ...first, key: second.key });
    expect(second.key).not.toBe(first.key);
    expect((await send("/v1/models", { key: first.key })).status).toBe(401);
    expect((await send("/v1/models", { key: second.key })).headers.get("x-ratelimit-limit-requests")).toBe("7");
  });

  it("at the same time leave one secret at most that works", async () => {
    const { id, key } = await makeKey();
    const rotate = () => send(`/admin/keys/${id}/rotate`, { method: "POST" });
    const change = () => send(`/admin/keys/${id}`, { method: "PATCH", body: { requests_per_minute: 9 } });
    const answers = await Promise.all([rotate(), change(), rotate(), rotate(), change()]);
    const bodies = await Promise.all(answers.map((answer) => answer.json<{ key?: string }>()));
    const secrets = [key, ...bodies.flatMap((body) => (body.key === undefined ? [] : [body.key]))];
    const works = await Promise.all(secrets.map(async (secret) => (await send("/v1/models", { key: secret })).status));
    expect(works.filter((status) => status === 200)).toHaveLength(1);
    const removed = await Promise.all([send(`/admin/keys/${id}`, { method: "DELETE" }), rotate()]);
    expect(removed[0]?.status).toBe(200);
    const last = await removed[1]?.json<{ key?: string }>();
    expect((await send("/v1/models", { key: last?.key ?? "none" })).status).toBe(401);
  });
});

describe("GET /admin/keys", () => {
  it("lists keys page by page, with what each has used", async () => {
    const keys = [await makeKey(), await makeKey(), await makeKey()];
    const [first, second, third] = keys.map(({ id }) => id);
    const before = await (await send("/admin/keys?limit=1000")).json<{ data: { id: string }[] }>();
    const ids = before.data.map(({ id }) => id).filter((id) => keys.some((key) => key.id === id));
    expect(ids.toSorted()).toEqual([first, second, third].map(String).toSorted());
    const page = await (await send(`/admin/keys?limit=1&after=${ids[0]}`)).json();
    expect(page).toMatchObject({ object: "list", first_id: ids[1], last_id: ids[1], has_more: true });
    expect(page).toMatchObject({ data: [{ id: ids[1], used: nothingUsed }] });
    expect((await send("/admin/keys?after=key_0")).status).toBe(404);
    expect(await errorOf(send("/admin/keys?limit=0"))).toMatchObject({ status: 400, param: "limit" });
  });
});

it("each change is a line in the log: who, from where and what, never the key", async () => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const headers = { "cf-connecting-ip": "203.0.113.9", "x-request-id": "change-1" };
  const name = createName();
  const body = { name, budget: { daily_tokens: 5 } };
  const made = await (await send("/admin/keys", { method: "POST", body, headers })).json<{ id: string; key: string }>();
  const path = `/admin/keys/${made.id}`;
  await send(path, { method: "PATCH", body: { requests_per_minute: 3 }, headers });
  const rotated = await (await send(`${path}/rotate`, { method: "POST", headers })).json<{ key: string }>();
  await send(path, { method: "DELETE", headers });
  const audit = lines.filter((line) => line.includes('"event":"audit"')).map((line) => JSON.parse(line));
  const common = {
    event: "audit",
    actor: "admin",
    address: "203.0.113.9",
    request_id: "change-1",
    key_id: made.id,
    key: name,
  };
  expect(audit).toEqual([
    { ...common, action: "key_created", fields: ["name", "daily_tokens"] },
    { ...common, action: "key_changed", fields: ["requests_per_minute"] },
    { ...common, action: "key_rotated", fields: [] },
    { ...common, action: "key_revoked", fields: [] },
  ]);
  for (const secret of [made.key, rotated.key, adminKey]) expect(lines.join("\n")).not.toContain(secret);
});
