import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";

const keys = "alice:key-one-0123456789,bob:key-two-0123456789";
const today = new Date().toISOString().slice(0, 10);

/** An upstream that reports `tokens` for each call, and counts the calls. */
function createAi(usage: object | undefined = { input_tokens: 60, output_tokens: 40 }) {
  const ai = {
    calls: 0,
    run() {
      ai.calls += 1;
      return Promise.resolve(Response.json({ object: "response", usage }));
    },
  };
  return ai;
}

/** A name no other test uses: counters outlive a test. */
let names = 0;
function createKey(): { name: string; key: string } {
  const name = `key-${names++}`;
  return { name, key: `${name}-0123456789abcdef` };
}

function send(path: string, { key = "key-one-0123456789", ...init }: RequestInit & { key?: string }, settings: object) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return app.request(path, { headers, ...init }, { API_KEYS: keys, USAGE: env.USAGE, ...settings });
}

async function errorOf(answer: Response | Promise<Response>) {
  const settled = await answer;
  return { status: settled.status, ...(await settled.json<{ error: object }>()).error };
}

describe("GET /v1/usage", () => {
  it("says what to bind when nothing counts", async () => {
    expect(await errorOf(send("/v1/usage", {}, { USAGE: undefined }))).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "usage_not_counted",
      param: "",
      message:
        "This Worker counts no usage. Its operator binds the Durable Object class UsageCounter as USAGE in wrangler.toml.",
    });
  });

  it("answers zeros for a key that has used nothing, for the last thirty days", async () => {
    const { name, key } = createKey();
    const answer = await send("/v1/usage", { key }, { API_KEYS: `${name}:${key}` });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      object: "usage",
      key: name,
      from: new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10),
      to: today,
      data: [],
      total: {
        requests: 0,
        failed_requests: 0,
        unreported_requests: 0,
        input_tokens: 0,
        cached_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        total_tokens: 0,
        cost_usd: 0,
        unpriced_requests: 0,
        searches: 0,
        pages: 0,
        mcp_calls: 0,
        images: 0,
      },
      budget: null,
      budgets: [],
    });
  });

  it("shows the caller's own key, by day and model, and no other's", async () => {
    const own = createKey();
    const other = createKey();
    const call = { model: "@cf/openai/gpt-oss-20b", succeeded: true, cost: 24_000 };
    const tokens = { input: 60, cached: 10, output: 40, reasoning: 5, estimated: false };
    await env.USAGE.getByName(own.name).count(own.name, { ...call, date: "2026-01-31", tokens });
    const tools = { searches: 2, pages: 3, mcp_calls: 4, images: 1, cost: 5_000_000 };
    await env.USAGE.getByName(own.name).count(own.name, { ...call, date: "2026-02-01", tokens, tools });
    await env.USAGE.getByName(own.name).count(own.name, {
      ...call,
      date: "2026-02-01",
      tokens,
      model: "@cf/a",
      cost: undefined,
    });
    await env.USAGE.getByName(own.name).count(own.name, {
      ...call,
      date: "2026-02-01",
      tokens: undefined,
      succeeded: false,
      cost: undefined,
    });
    await env.USAGE.getByName(own.name).count(own.name, { ...call, date: "2026-02-02", tokens });
    await env.USAGE.getByName(other.name).count(other.name, { ...call, date: "2026-02-01", tokens });

    const settings = { API_KEYS: `${own.name}:${own.key},${other.name}:${other.key}` };
    const answer = await send("/v1/usage?from=2026-02-01&to=2026-02-01", { key: own.key }, settings);
    const counted = { input_tokens: 60, cached_tokens: 10, output_tokens: 40, reasoning_tokens: 5, total_tokens: 100 };
    const did = { searches: 2, pages: 3, mcp_calls: 4, images: 1 };
    const nothing = { searches: 0, pages: 0, mcp_calls: 0, images: 0 };
    const priced = {
      failed_requests: 1,
      unreported_requests: 1,
      ...counted,
      cost_usd: 0.005024,
      unpriced_requests: 0,
      ...did,
    };
    const unpriced = {
      failed_requests: 0,
      unreported_requests: 0,
      ...counted,
      cost_usd: 0,
      unpriced_requests: 1,
      ...nothing,
    };
    expect(await answer.json()).toEqual({
      object: "usage",
      key: own.name,
      from: "2026-02-01",
      to: "2026-02-01",
      data: [
        { date: "2026-02-01", model: "@cf/a", requests: 1, ...unpriced },
        { date: "2026-02-01", model: "@cf/openai/gpt-oss-20b", requests: 2, ...priced },
      ],
      total: {
        requests: 3,
        failed_requests: 1,
        unreported_requests: 1,
        input_tokens: 120,
        cached_tokens: 20,
        output_tokens: 80,
        reasoning_tokens: 10,
        total_tokens: 200,
        cost_usd: 0.005024,
        unpriced_requests: 1,
        ...did,
      },
      budget: null,
      budgets: [],
    });
  });

  it.each([
    ["from=yesterday", "from", "`from` must be a day such as 2026-11-23 (UTC)."],
    ["from=2026-02-30", "from", "`from` must be a day such as 2026-11-23 (UTC)."],
    ["to=2026-2-3", "to", "`to` must be a day such as 2026-11-23 (UTC)."],
    ["to=", "to", "`to` must be a day such as 2026-11-23 (UTC)."],
    ["to=%2B002026-01-01", "to", "`to` must be a day such as 2026-11-23 (UTC)."],
    ["from=2026-02-02&to=2026-02-01", "from", "`from` must not be after `to`."],
    ["from=2025-01-01&to=2026-01-02", "from", "Ask for 366 days at most."],
  ])("refuses ?%s", async (query, param, message) => {
    expect(await errorOf(send(`/v1/usage?${query}`, {}, {}))).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "invalid_value",
      param,
      message,
    });
  });

  it("takes 366 days", async () => {
    expect((await send("/v1/usage?from=2025-01-01&to=2026-01-01", {}, {})).status).toBe(200);
  });

  it("needs a key", async () => {
    expect(await errorOf(send("/v1/usage", { key: "somebody-else-0123" }, {}))).toMatchObject({ status: 401 });
  });
});

describe("a counter", () => {
  it("forgets what is over 400 days old", async () => {
    const { name } = createKey();
    const counter = env.USAGE.getByName(name);
    const call = {
      model: "m",
      succeeded: true,
      tokens: { input: 1, cached: 0, output: 1, reasoning: 0, estimated: false },
      cost: 1,
    };
    await counter.count(name, { ...call, date: "2025-01-01" });
    await counter.count(name, { ...call, date: "2026-02-05" });
    expect(await counter.readRange("2025-01-01", "2026-02-05")).toHaveLength(2);
    await counter.count(name, { ...call, date: "2026-02-06" });
    expect((await counter.readRange("2025-01-01", "2026-02-06")).map(({ date }) => date)).toEqual([
      "2026-02-05",
      "2026-02-06",
    ]);
  });
});

describe("DAILY_TOKEN_BUDGET", () => {
  const post = { method: "POST", body: '{"input":"hi"}' };

  async function useTokens({ name, key }: { name: string; key: string }, settings: object): Promise<Response> {
    const counter = env.USAGE.getByName(name);
    const before = (await counter.readRange(today, today)).reduce((sum, { requests }) => sum + requests, 0);
    const answer = await send("/v1/responses", { ...post, key }, { API_KEYS: `${name}:${key}`, ...settings });
    if (answer.ok) {
      await answer.text();
      await expect.poll(async () => (await counter.readRange(today, today))[0]?.requests).toBe(before + 1);
    }
    return answer;
  }

  it("lets calls through until the day's tokens are used, then says when they renew", async () => {
    const key = createKey();
    const ai = createAi();
    const settings = { AI: ai, DAILY_TOKEN_BUDGET: 150 };
    expect((await useTokens(key, settings)).status).toBe(200);
    expect((await useTokens(key, settings)).status).toBe(200);
    const refused = await useTokens(key, settings);
    const untilMidnight = (new Date().setUTCHours(24, 0, 0, 0) - Date.now()) / 1_000;
    const retryAfter = Number(refused.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(untilMidnight - 5);
    expect(retryAfter).toBeLessThan(untilMidnight + 5);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(await errorOf(refused)).toEqual({
      status: 429,
      type: "rate_limit_error",
      code: "budget_exceeded",
      param: "",
      message: `This key has used 200 of its 150 tokens for today. The budget renews at ${tomorrow}T00:00:00Z.`,
    });
    expect(ai.calls).toBe(2);

    const answer = await send("/v1/usage", { key: key.key }, { ...settings, API_KEYS: `${key.name}:${key.key}` });
    expect(await answer.json()).toMatchObject({
      budget: {
        daily_tokens: 150,
        used_tokens: 200,
        remaining_tokens: 0,
        resets_at: Date.parse(tomorrow) / 1_000,
      },
    });
  });

  it("holds for the named key over the one for all", async () => {
    const small = createKey();
    const large = createKey();
    const API_KEYS = `${small.name}:${small.key},${large.name}:${large.key}`;
    const settings = { AI: createAi(), API_KEYS, DAILY_TOKEN_BUDGET: `100, ${large.name}=300` };
    expect((await useTokens(small, settings)).status).toBe(200);
    expect((await useTokens(small, settings)).status).toBe(429);
    expect((await useTokens(large, settings)).status).toBe(200);
    expect((await useTokens(large, settings)).status).toBe(200);
  });

  it("renews at 00:00 UTC, where the day of the count ends too", async () => {
    const { name, key } = createKey();
    const counter = env.USAGE.getByName(name);
    const settings = { AI: createAi(), API_KEYS: `${name}:${key}`, DAILY_TOKEN_BUDGET: 100 };
    const readDay = async (date: string) =>
      (await counter.readRange(date, date)).reduce((sum, row) => sum + row.input_tokens + row.output_tokens, 0);
    const call = async () => {
      const answer = await send("/v1/responses", { ...post, key }, settings);
      await answer.text();
      return answer;
    };
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(new Date("2026-02-28T23:59:59.999Z"));
      expect((await call()).status).toBe(200);
      await expect.poll(() => readDay("2026-02-28")).toBe(100);
      const refused = await call();
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("1");
      const told = await (await send("/v1/usage", { key }, settings)).json<{ to: string; budget: object }>();
      expect(told.to).toBe("2026-02-28");
      expect(told.budget).toMatchObject({ remaining_tokens: 0, resets_at: Date.parse("2026-03-01T00:00:00Z") / 1_000 });

      vi.setSystemTime(new Date("2026-03-01T00:00:00.000Z"));
      expect((await call()).status).toBe(200);
      await expect.poll(() => readDay("2026-03-01")).toBe(100);
      expect(await readDay("2026-02-28")).toBe(100);
      expect((await call()).headers.get("retry-after")).toBe("86400");
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(["__proto__", "constructor", "toString", "0", "-", ".", "anonymous1", "N".repeat(64)])(
    "holds for a key called %s as for any other",
    async (name) => {
      const key = { name, key: "an-oddly-named-key-0123" };
      const settings = { AI: createAi(), DAILY_TOKEN_BUDGET: `${name}=150` };
      expect((await useTokens(key, settings)).status).toBe(200);
      expect((await useTokens(key, settings)).status).toBe(200);
      expect((await useTokens(key, settings)).status).toBe(429);
      const answer = await send("/v1/usage", { key: key.key }, { ...settings, API_KEYS: `${name}:${key.key}` });
      expect(await answer.json()).toMatchObject({ key: name, total: { requests: 2, total_tokens: 200 } });
    },
  );

  it("of 0 stops a key, and leaves the others alone", async () => {
    const [stopped, free] = [createKey(), createKey()];
    const API_KEYS = `${stopped.name}:${stopped.key},${free.name}:${free.key}`;
    const settings = { AI: createAi(), API_KEYS, DAILY_TOKEN_BUDGET: `${stopped.name}=0` };
    expect((await useTokens(stopped, settings)).status).toBe(429);
    expect((await useTokens(free, settings)).status).toBe(200);
  });

  it("does not stop what costs nothing", async () => {
    const settings = { DAILY_TOKEN_BUDGET: 0 };
    expect((await send("/v1/models", {}, settings)).status).toBe(200);
    expect((await send("/v1/usage", {}, settings)).status).toBe(200);
  });

  it("asks the counter once in a while, and not at all without a budget", async () => {
    const { name, key } = createKey();
    const used = { date: today, dayTokens: 5, dayCost: 0, monthTokens: 5, monthCost: 0 };
    const grant = vi.fn(() => Promise.resolve({ used, granted: 0, remaining: 0 }));
    const USAGE = { getByName: () => ({ grant, count: () => Promise.resolve({ ...used, dayTokens: 10 }) }) };
    const settings = { AI: createAi(undefined), API_KEYS: `${name}:${key}`, USAGE };
    for (let call = 0; call < 3; call++) await (await send("/v1/responses", { ...post, key }, settings)).text();
    expect(grant).toHaveBeenCalledTimes(0);
    // The last call counted told the total, so this isolate knows it.
    const budget = { ...settings, DAILY_TOKEN_BUDGET: 1_000 };
    expect((await send("/v1/responses", { ...post, key }, budget)).status).toBe(200);
    expect(grant).toHaveBeenCalledTimes(0);
    const unheard = { ...budget, USAGE: { ...USAGE } };
    expect((await send("/v1/responses", { ...post, key }, unheard)).status).toBe(200);
    expect((await send("/v1/responses", { ...post, key }, unheard)).status).toBe(200);
    expect(grant).toHaveBeenCalledTimes(1);
  });

  it("stops a call that can't be checked", async () => {
    const { name, key } = createKey();
    const USAGE = { getByName: () => ({ grant: () => Promise.reject(new Error("secret")) }) };
    const settings = { API_KEYS: `${name}:${key}`, USAGE, DAILY_TOKEN_BUDGET: 10 };
    const answer = await send("/v1/responses", { ...post, key }, settings);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await errorOf(answer)).toEqual({
      status: 503,
      type: "server_error",
      code: "budget_unknown",
      param: "",
      message: "The budget of this key could not be checked. Try again.",
    });
  });

  it("without the binding stops every request", async () => {
    expect(await errorOf(send("/health", {}, { USAGE: undefined, DAILY_TOKEN_BUDGET: 10 }))).toMatchObject({
      status: 500,
      code: "misconfigured",
      param: "USAGE",
      message: "DAILY_TOKEN_BUDGET needs the Durable Object class UsageCounter bound as USAGE in wrangler.toml.",
    });
  });
});

describe("a call that can't be counted", () => {
  it("is answered all the same, and told in the log", async () => {
    const { name, key } = createKey();
    const USAGE = { getByName: () => ({ count: () => Promise.reject(new Error("secret")) }) };
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "x-request-id": "uncounted" };
    const answer = await app.request(
      "/v1/responses",
      { method: "POST", body: '{"input":"hi"}', headers },
      { API_KEYS: `${name}:${key}`, USAGE, AI: createAi() },
    );
    expect(answer.status).toBe(200);
    await answer.text();
    await expect
      .poll(() => error.mock.calls)
      .toEqual([
        [`{"event":"usage_not_counted","request_id":"uncounted","key":"${name}","input_tokens":60,"output_tokens":40}`],
      ]);
    error.mockRestore();
  });
});
