import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import OpenAI from "openai";
import { describe, expect, it, vi } from "vitest";
import type { CountedCall } from "../../src/metering/usage-rpc.ts";
import { adminKey, aliceKey, createName, errorOf, makeKey, send } from "./ask-admin.ts";

const small = "@cf/openai/gpt-oss-20b";
const large = "@cf/openai/gpt-oss-120b";
const call = {
  succeeded: true,
  tokens: { input: 60, cached: 10, output: 40, reasoning: 5, estimated: false },
  ttfbMs: 100,
} as const;

/** Counts calls for an owner and has them pushed to the directory, as its alarm does within a minute. */
async function count(owner: string, ...calls: Pick<CountedCall, "date" | "model" | "cost">[]): Promise<void> {
  const counter = env.USAGE.getByName(owner);
  for (const each of calls) await counter.count(owner, { ...call, ...each });
  await runDurableObjectAlarm(counter);
}

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

function dayOf(date: string): number {
  return Date.parse(date) / 1_000;
}

describe("the organization's usage", () => {
  // Days no other test counts in, and not so old that they are forgotten.
  const days = { first: dayBefore(202), second: dayBefore(201), third: dayBefore(200) };
  const owners = ["org-alice", "key_aaaaaaaaaaaaaaaaaaaaaaaa"] as const;

  async function countAll(): Promise<void> {
    await count(
      owners[0],
      { date: days.first, model: small, cost: 24_000 },
      { date: days.first, model: large, cost: 51_000 },
      { date: days.third, model: small, cost: 24_000 },
    );
    await count(owners[1], { date: days.first, model: small, cost: 24_000 });
  }

  const client = new OpenAI({
    adminAPIKey: adminKey,
    apiKey: "none",
    baseURL: "http://worker/v1",
    maxRetries: 0,
    dangerouslyAllowBrowser: true,
    fetch(input, init) {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return send(pathname + search, { method: init?.method ?? "GET" });
    },
  });

  it("is OpenAI's page of buckets, as its client reads it", async () => {
    await countAll();
    const page = await client.admin.organization.usage.completions({
      start_time: dayOf(days.first) + 3_600,
      end_time: dayOf(days.third) + 1,
      group_by: ["api_key_id", "model"],
      api_key_ids: [...owners],
    });
    const result = {
      object: "organization.usage.completions.result",
      input_tokens: 60,
      output_tokens: 40,
      input_cached_tokens: 10,
      input_audio_tokens: 0,
      output_audio_tokens: 0,
      num_model_requests: 1,
      project_id: null,
      user_id: null,
      batch: null,
      service_tier: null,
    };
    expect(page).toEqual({
      object: "page",
      data: [
        {
          object: "bucket",
          start_time: dayOf(days.first),
          end_time: dayOf(days.second),
          results: [
            { ...result, api_key_id: owners[1], model: small },
            { ...result, api_key_id: owners[0], model: large },
            { ...result, api_key_id: owners[0], model: small },
          ],
        },
        { object: "bucket", start_time: dayOf(days.second), end_time: dayOf(days.third), results: [] },
        {
          object: "bucket",
          start_time: dayOf(days.third),
          end_time: dayOf(days.third) + 86_400,
          results: [{ ...result, api_key_id: owners[0], model: small }],
        },
      ],
      has_more: false,
      next_page: null,
    });
  });

  it("is summed where it is not grouped, and narrowed by model", async () => {
    const path = `/v1/organization/usage/completions?start_time=${dayOf(days.first)}&end_time=${dayOf(days.second)}`;
    const ids = `api_key_ids=${owners.join(",")}`;
    const read = async (query: string) => (await (await send(`${path}&${ids}${query}`)).json<Page>()).data[0]?.results;
    expect(await read("")).toMatchObject([{ input_tokens: 180, num_model_requests: 3, api_key_id: null, model: null }]);
    expect(await read(`&models=${small}`)).toMatchObject([{ input_tokens: 120, num_model_requests: 2 }]);
    expect(await read("&group_by=model")).toMatchObject([
      { model: small, input_tokens: 120, api_key_id: null },
      { model: large, input_tokens: 60, api_key_id: null },
    ]);
  });

  it("comes in pages of days", async () => {
    const path = `/v1/organization/usage/completions?start_time=${dayOf(days.first)}&end_time=${dayOf(days.third) + 1}&limit=2`;
    const first = await (await send(path)).json<Page>();
    expect(first.data.map(({ start_time }) => start_time)).toEqual([dayOf(days.first), dayOf(days.second)]);
    expect(first).toMatchObject({ has_more: true, next_page: `page_${days.third}` });
    const second = await (await send(`${path}&page=${first.next_page}`)).json<Page>();
    expect(second.data.map(({ start_time }) => start_time)).toEqual([dayOf(days.third)]);
    expect(second).toMatchObject({ has_more: false, next_page: null });
  });

  it("costs what the price table says, by key and by line item", async () => {
    const page = await client.admin.organization.usage.costs({
      start_time: dayOf(days.first),
      end_time: dayOf(days.second),
      group_by: ["line_item"],
      api_key_ids: [...owners],
    });
    const result = { object: "organization.costs.result", project_id: null, api_key_id: null };
    expect(page.data[0]).toEqual({
      object: "bucket",
      start_time: dayOf(days.first),
      end_time: dayOf(days.second),
      results: [
        { ...result, amount: { value: 0.000048, currency: "usd" }, line_item: small },
        { ...result, amount: { value: 0.000051, currency: "usd" }, line_item: large },
      ],
    });
    const byModel = `/v1/organization/costs?start_time=${dayOf(days.third)}&end_time=${dayOf(days.third) + 1}`;
    const grouped = await (await send(`${byModel}&group_by=api_key_id,model&api_key_ids=${owners[0]}`)).json<Page>();
    expect(grouped.data[0]?.results).toEqual([
      { ...result, api_key_id: owners[0], model: small, line_item: null, amount: { value: 0.000024, currency: "usd" } },
    ]);
  });

  it.each([
    ["", "missing_required_parameter", "start_time", "The parameter `start_time` is required."],
    ["?start_time=now", "invalid_value", "start_time", "`start_time` must be a time in Unix seconds."],
    ["?start_time=5&end_time=5", "invalid_value", "start_time", "`start_time` must be before `end_time`."],
    [
      "?start_time=1&bucket_width=1h",
      "invalid_value",
      "bucket_width",
      "This Worker counts by day: `bucket_width` must be 1d.",
    ],
    [
      "?start_time=1&group_by=project_id",
      "invalid_value",
      "group_by",
      "`group_by` must be one or more of: api_key_id, model.",
    ],
    ["?start_time=1&limit=32", "invalid_value", "limit", "`limit` must be from 1 to 31."],
    [
      "?start_time=1&page=page_2025-13-01",
      "invalid_value",
      "page",
      "`page` must be the `next_page` of the page before.",
    ],
  ])("refuses %s", async (query, code, param, message) => {
    expect(await errorOf(send(`/v1/organization/usage/completions${query}`))).toEqual({
      status: 400,
      type: "invalid_request_error",
      code,
      param,
      message,
    });
  });
});

interface Page {
  data: { start_time: number; results: object[] }[];
  next_page: string | null;
}

describe("GET /admin/overview", () => {
  it("shows keys, days, errors and latency in one call", async () => {
    const date = new Date().toISOString().slice(0, 10);
    const managed = await makeKey({ requests_per_minute: 60, budget: { daily_tokens: 1_000 } });
    const name = createName();
    await count(managed.id, { date, model: small, cost: 24_000 });
    await count(name, { date, model: large, cost: 51_000 }, { date, model: large, cost: 51_000 });
    const counter = env.USAGE.getByName(name);
    await counter.countErrors(name, date, { [`code_of_${name}`]: 3 });
    await runDurableObjectAlarm(counter);

    const settings = { API_KEYS: `${name}:${aliceKey}`, DAILY_TOKEN_BUDGET: "500" };
    const overview = await (await send("/admin/overview", { settings })).json<Overview>();
    expect(Object.keys(overview)).toEqual(["object", "keys", "days", "errors", "latency"]);
    expect(overview.object).toBe("overview");
    expect(overview.keys.find(({ id }) => id === managed.id)).toEqual({
      id: managed.id,
      name: managed.name,
      created_at: managed["created_at"],
      expires_at: null,
      models: null,
      requests_per_minute: 60,
      budget: { daily_tokens: 1_000, monthly_tokens: null, daily_usd: null, monthly_usd: null },
      used: { today_tokens: 100, month_tokens: 100, today_usd: 0.000024, month_usd: 0.000024 },
      source: "managed",
    });
    expect(overview.keys[0]).toEqual({
      id: name,
      name,
      created_at: null,
      expires_at: null,
      models: null,
      requests_per_minute: null,
      budget: { daily_tokens: 500, monthly_tokens: null, daily_usd: null, monthly_usd: null },
      used: { today_tokens: 200, month_tokens: 200, today_usd: 0.000102, month_usd: 0.000102 },
      source: "configured",
    });
    expect(overview.days.filter(({ key_id }) => key_id === name)).toEqual([
      {
        date,
        model: large,
        key_id: name,
        requests: 2,
        failed_requests: 0,
        input_tokens: 120,
        output_tokens: 80,
        cost_usd: 0.000102,
      },
    ]);
    expect(overview.errors).toContainEqual({ code: `code_of_${name}`, count: 3 });
    expect(overview.latency).toEqual({ p50_ms: expect.any(Number), p95_ms: expect.any(Number) });
  });

  it("counts what fails: of a key, and without one", async () => {
    const managed = await makeKey();
    const pushed = async (code: string) => {
      const owners = [managed.id, ...Array.from({ length: 8 }, (_, shard) => `unauthenticated:${shard}`)];
      for (const owner of owners) await runDurableObjectAlarm(env.USAGE.getByName(owner));
      const { errors } = await (await send("/admin/overview")).json<Overview>();
      return errors.find((error) => error.code === code)?.count ?? 0;
    };
    const before = { json: await pushed("invalid_json"), key: await pushed("invalid_api_key") };
    const answer = await send("/v1/responses", { method: "POST", key: managed.key });
    expect(answer.status).toBe(400);
    expect((await send("/v1/models", { key: "not-a-key-0123456789" })).status).toBe(401);
    await vi.waitFor(async () => expect(await pushed("invalid_json")).toBe(before.json + 1), 10_000);
    await vi.waitFor(async () => expect(await pushed("invalid_api_key")).toBeGreaterThan(before.key), 10_000);
  });
});

interface Overview {
  object: string;
  keys: { id: string }[];
  days: { key_id: string }[];
  errors: { code: string; count: number }[];
  latency: object;
}
