/** Examples of what the routes of the admin take and answer with. */
const noBudget = { daily_tokens: null, monthly_tokens: null, daily_usd: null, monthly_usd: null };

const day = Date.UTC(2026, 10, 24) / 1_000;

const shown = {
  id: "key_5f0c1b7a9d3e48260f71c2ab",
  name: "research",
  created_at: day,
  expires_at: null,
  models: ["@cf/openai/gpt-oss-20b"],
  requests_per_minute: 60,
  budget: { ...noBudget, daily_tokens: 1_000_000, monthly_usd: 20 },
  used: { today_tokens: 1_050, month_tokens: 1_050, today_usd: 0.000215, month_usd: 0.000215 },
  source: "managed",
};

const key = { object: "admin.key", ...shown };

const usage = { date: "2026-11-24", model: "@cf/openai/gpt-oss-20b", key_id: shown.id };

function pageOf(result: object): object {
  const bucket = { object: "bucket", start_time: day, end_time: day + 86_400, results: [result] };
  return { object: "page", data: [bucket], has_more: false, next_page: null };
}

export const adminExamples = {
  bodies: {
    plain: { name: "research" },
    limited: {
      name: "research",
      expires_at: day + 90 * 86_400,
      models: ["gpt-oss-20b"],
      requests_per_minute: 60,
      budget: { daily_tokens: 1_000_000, monthly_usd: 20 },
    },
  },
  key,
  secret: { ...key, key: "sk-Zm9yIGV4YW1wbGUgb25seTogb3BlbnMgbm90aGluZyE" },
  overview: {
    object: "overview",
    keys: [shown],
    days: [{ ...usage, requests: 1, failed_requests: 0, input_tokens: 1_000, output_tokens: 50, cost_usd: 0.000215 }],
    errors: [{ code: "invalid_api_key", count: 3 }],
    latency: { p50_ms: 412, p95_ms: 1_270 },
  },
  usagePage: pageOf({
    object: "organization.usage.completions.result",
    input_tokens: 1_000,
    output_tokens: 50,
    input_cached_tokens: 640,
    input_audio_tokens: 0,
    output_audio_tokens: 0,
    num_model_requests: 1,
    project_id: null,
    user_id: null,
    api_key_id: key.id,
    model: "@cf/openai/gpt-oss-20b",
    batch: null,
    service_tier: null,
  }),
  costsPage: pageOf({
    object: "organization.costs.result",
    amount: { value: 0.000215, currency: "usd" },
    line_item: null,
    project_id: null,
    api_key_id: key.id,
  }),
};
