import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { noLimits } from "../../src/call.ts";
import { readConfig } from "../../src/config.ts";
import { hasBudgetLeft } from "../../src/metering/check-budget.ts";
import { startRecord } from "../../src/metering/meter-request.ts";
import { createAi, errorOf, makeKey, send } from "./ask-admin.ts";

afterEach(() => vi.useRealTimers());

const small = "@cf/openai/gpt-oss-20b";
const large = "@cf/openai/gpt-oss-120b";
const MODELS = `${small},${large}`;

function ask(key: string, { body = {}, settings = {} }: { body?: object; settings?: object } = {}) {
  const request = { method: "POST", key, body: { input: "hi", store: false, ...body }, settings };
  return send("/v1/responses", request);
}

function tokens(output: number) {
  return { input: 100, cached: 0, output, reasoning: 0, estimated: false };
}

/** Sends a call and waits until it is counted. */
async function use({ id, key }: { id: string; key: string }, settings: object = {}): Promise<Response> {
  const counter = env.USAGE.getByName(id);
  const today = new Date().toISOString().slice(0, 10);
  const before = (await counter.readRange(today, today))[0]?.requests ?? 0;
  const answer = await ask(key, { settings });
  if (answer.ok) {
    await answer.text();
    await expect.poll(async () => (await counter.readRange(today, today))[0]?.requests).toBe(before + 1);
  }
  return answer;
}

describe("a key with models", () => {
  it("lists its own, and knows no other by any name", async () => {
    const { key } = await makeKey();
    const narrow = await makeKey({ models: [small] });
    const list = async (secret: string) => {
      const { data } = await (
        await send("/v1/models", { key: secret, settings: { MODELS } })
      ).json<{ data: { id: string }[] }>();
      return data.map(({ id }) => id);
    };
    expect(await list(key)).toEqual([small, large, "gpt-oss-20b", "gpt-oss-120b"]);
    expect(await list(narrow.key)).toEqual([small, "gpt-oss-20b"]);
    expect((await send(`/v1/models/${large}`, { key, settings: { MODELS } })).status).toBe(200);
    for (const model of [large, "gpt-oss-120b", "never-was"]) {
      const unknown = {
        status: 404,
        type: "not_found_error",
        code: "model_not_found",
        param: "model",
        message: `This Worker does not serve that model. It serves: ${small}.`,
      };
      const settings = { MODELS, THREADS: env.THREADS, RUNS: env.RUNS };
      expect(await errorOf(ask(narrow.key, { body: { model }, settings }))).toEqual(unknown);
      expect(await errorOf(ask(narrow.key, { body: { model, background: true, store: true }, settings }))).toEqual(
        unknown,
      );
      expect(await errorOf(send(`/v1/models/${model}`, { key: narrow.key, settings }))).toEqual(unknown);
    }
  });

  it("gets the first of its own for a request that names none, and falls back on no other", async () => {
    const { key } = await makeKey({ models: [small] });
    const called: string[] = [];
    const AI = {
      run(model: string) {
        called.push(model);
        return Promise.resolve(Response.json({ internalCode: 3040, description: "busy" }, { status: 429 }));
      },
    };
    const settings = { AI, MODELS: `${large},${small}`, FALLBACK_MODELS: large };
    expect((await ask(key, { settings })).status).toBe(429);
    expect(called).toEqual([small]);
  });

  it("is told when none of them is served any more", async () => {
    const { key } = await makeKey({ models: [small] });
    expect(await errorOf(ask(key, { settings: { MODELS: large } }))).toMatchObject({
      status: 404,
      code: "model_not_found",
      message: "This Worker serves none of the models that this key may use. Ask its operator.",
    });
  });
});

describe("a key with requests a minute", () => {
  it("is told what is left of them, then 429 until the minute is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 60_000) * 60_000 + 48_000 });
    const { key } = await makeKey({ requests_per_minute: 2 });
    const answers = [await send("/v1/models", { key }), await ask(key)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const left = answers.map(({ headers }) => headers.get("x-ratelimit-remaining-requests"));
    expect(left).toEqual(["1", "0"]);
    const refused = await send("/v1/models", { key });
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "retry-after": "12",
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "12s",
    });
    expect(await errorOf(refused)).toEqual({
      status: 429,
      type: "rate_limit_error",
      code: "rate_limit_exceeded",
      param: "",
      message: "This key has sent too many requests. Try again in 12 seconds.",
    });
    vi.setSystemTime(Date.now() + 12_000);
    expect((await send("/v1/models", { key })).status).toBe(200);
  });

  it("is not counted by RATE_LIMITER, and a key without is, by its id", async () => {
    const asked: string[] = [];
    const RATE_LIMITER = { limit: ({ key }: { key: string }) => Promise.resolve({ success: asked.push(key) === 0 }) };
    const [own, other] = [await makeKey({ requests_per_minute: 5 }), await makeKey()];
    expect((await send("/v1/models", { key: own.key, settings: { RATE_LIMITER } })).status).toBe(200);
    expect((await send("/v1/models", { key: other.key, settings: { RATE_LIMITER } })).status).toBe(429);
    expect(asked).toEqual([other.id]);
  });

  it("is stopped when nobody can say how many are left", async () => {
    const { key } = await makeKey({ requests_per_minute: 5 });
    const USAGE = { getByName: () => ({ grant: () => Promise.reject(new Error("down")) }) };
    const refused = await send("/v1/models", { key, settings: { USAGE } });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await errorOf(refused)).toEqual({
      status: 503,
      type: "server_error",
      code: "rate_unknown",
      param: "",
      message: "The rate limit of this key could not be checked. Try again.",
    });
  });
});

describe("a key with budgets", () => {
  it("is stopped when one is used up, and told which and when it renews", async () => {
    const key = await makeKey({ budget: { monthly_usd: 0.00004 } });
    expect((await use(key)).status).toBe(200);
    expect((await use(key)).status).toBe(200);
    const now = new Date();
    const renewal = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
    const refused = await use(key);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    expect(
      Math.abs(Number(refused.headers.get("retry-after")) - (renewal.getTime() - now.getTime()) / 1_000),
    ).toBeLessThan(5);
    expect(await errorOf(refused)).toEqual({
      status: 429,
      type: "rate_limit_error",
      code: "budget_exceeded",
      param: "",
      message: `This key has used 0.000048 of its 0.00004 US dollars for this month. The budget renews at ${renewal.toISOString().slice(0, 19)}Z.`,
    });
  });

  it("is told what is left of its tokens", async () => {
    const key = await makeKey({ budget: { daily_tokens: 250, monthly_tokens: 10_000 } });
    expect((await use(key)).headers.get("x-ratelimit-remaining-tokens")).toBe("250");
    const { headers } = await use(key);
    expect(headers.get("x-ratelimit-limit-tokens")).toBe("250");
    expect(headers.get("x-ratelimit-remaining-tokens")).toBe("150");
    expect(headers.get("x-ratelimit-reset-tokens")).toMatch(/^(\d+h)?(\d+m)?\d+s$/);
    const own = await (await send("/v1/usage", { key: key.key })).json();
    expect(own).toMatchObject({
      key: key.name,
      total: { requests: 2, total_tokens: 200 },
      budget: { daily_tokens: 250, used_tokens: 200, remaining_tokens: 50 },
      budgets: [
        { unit: "tokens", period: "month", limit: 10_000, used: 200, remaining: 9_800 },
        { unit: "tokens", period: "day", limit: 250, used: 200, remaining: 50 },
      ],
    });
  });

  it("has none left for another call of the model when those before have used it", async () => {
    const key = await makeKey({ budget: { daily_tokens: 250 } });
    await use(key);
    const limits = { ...noLimits, daily_tokens: 250 };
    const record = startRecord();
    record.trace.model = small;
    const config = readConfig({ AUTH: "none", PRICES: "image_generation=10" });
    const call = { bindings: { USAGE: env.USAGE }, config, record, keyName: key.id, limits };
    expect(await hasBudgetLeft(call, tokens(49))).toBe(true);
    expect(await hasBudgetLeft(call, tokens(50))).toBe(false);
    expect(await hasBudgetLeft({ ...call, limits: noLimits }, tokens(1e9))).toBe(true);
    // 100 of its tokens are $0.000025: the use before costs as much as a call like it.
    const priced = { ...call, limits: { ...noLimits, daily_usd: 0.01 } };
    expect(await hasBudgetLeft(priced, tokens(0))).toBe(true);
    record.tools.images = 1;
    expect(await hasBudgetLeft(priced, tokens(0))).toBe(false);
  });

  it("has the daily tokens that DAILY_TOKEN_BUDGET gives to every key, unless it has its own", async () => {
    const [own, common] = [await makeKey({ budget: { daily_tokens: 1_000 } }), await makeKey()];
    const settings = { DAILY_TOKEN_BUDGET: 50 };
    expect((await use(common, settings)).status).toBe(200);
    expect((await use(common, settings)).status).toBe(429);
    expect((await use(own, settings)).status).toBe(200);
    expect((await use(own, settings)).status).toBe(200);
  });
});

describe("what a key stores", () => {
  it("is its own after a new name and a new secret, and nobody else's", async () => {
    const first = await makeKey();
    const other = await makeKey();
    const AI = createAi();
    const stored = await send("/openai/v1/conversations", {
      method: "POST",
      key: first.key,
      body: {},
      settings: { AI },
    });
    const { id } = await stored.json<{ id: string }>();
    const read = async (key: string) => (await send(`/openai/v1/conversations/${id}`, { key })).status;
    expect(await read(first.key)).toBe(200);
    expect(await read(other.key)).toBe(404);
    await send(`/admin/keys/${first.id}`, { method: "PATCH", body: { name: `${first.name}-2` } });
    const rotated = await send(`/admin/keys/${first.id}/rotate`, { method: "POST" });
    expect(await read((await rotated.json<{ key: string }>()).key)).toBe(200);
    // The name is free again, and owns nothing.
    const heir = await makeKey({ name: first.name });
    expect(await read(heir.key)).toBe(404);
  });
});
