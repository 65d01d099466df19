/** What the routes of the admin take and answer with, as schemas. */
import * as z from "zod/mini";

const limit = z.nullable(z.number());

const budget = z.object({ daily_tokens: limit, monthly_tokens: limit, daily_usd: limit, monthly_usd: limit });

const settings = {
  name: z.string(),
  /** Unix seconds. */
  expires_at: z.nullable(z.int()),
  models: z.nullable(z.array(z.string())),
  requests_per_minute: z.nullable(z.int()),
  budget,
};

const change = {
  expires_at: z.nullish(z.int()),
  models: z.nullish(z.array(z.string())),
  requests_per_minute: z.nullish(z.int().check(z.gte(1))),
  budget: z.nullish(z.partial(budget)),
};

export const NewKey = z.strictObject({ name: z.string(), ...change });

export const ChangedKey = z.strictObject({ name: z.optional(z.string()), ...change });

const shown = {
  id: z.string(),
  ...settings,
  /** Null for a key of API_KEYS. */
  created_at: z.nullable(z.int()),
  used: z.object({
    today_tokens: z.int(),
    month_tokens: z.int(),
    today_usd: z.number(),
    month_usd: z.number(),
  }),
  source: z.enum(["managed", "configured"]),
};

const key = { object: z.literal("admin.key"), ...shown };

export const AdminKey = z.object(key);

/** The only answer that has the key itself. */
export const AdminKeyWithSecret = z.object({ ...key, key: z.string() });

export const AdminKeyList = z.object({
  object: z.literal("list"),
  data: z.array(AdminKey),
  first_id: z.string(),
  last_id: z.string(),
  has_more: z.boolean(),
});

export const DeletedAdminKey = z.object({
  object: z.literal("admin.key.deleted"),
  id: z.string(),
  deleted: z.literal(true),
});

export const Overview = z.object({
  object: z.literal("overview"),
  keys: z.array(z.object(shown)),
  days: z.array(
    z.object({
      date: z.iso.date(),
      model: z.string(),
      key_id: z.string(),
      requests: z.int(),
      failed_requests: z.int(),
      input_tokens: z.int(),
      output_tokens: z.int(),
      cost_usd: z.number(),
    }),
  ),
  errors: z.array(z.object({ code: z.string(), count: z.int() })),
  latency: z.object({ p50_ms: z.nullable(z.int()), p95_ms: z.nullable(z.int()) }),
});

function pageOf(result: z.ZodMiniType) {
  const bucket = z.object({
    object: z.literal("bucket"),
    start_time: z.int(),
    end_time: z.int(),
    results: z.array(result),
  });
  return z.object({
    object: z.literal("page"),
    data: z.array(bucket),
    has_more: z.boolean(),
    next_page: z.nullable(z.string()),
  });
}

const group = { project_id: z.null(), api_key_id: z.nullable(z.string()) };

export const CompletionsUsagePage = pageOf(
  z.object({
    object: z.literal("organization.usage.completions.result"),
    input_tokens: z.int(),
    output_tokens: z.int(),
    input_cached_tokens: z.int(),
    input_audio_tokens: z.int(),
    output_audio_tokens: z.int(),
    num_model_requests: z.int(),
    ...group,
    user_id: z.null(),
    model: z.nullable(z.string()),
    batch: z.null(),
    service_tier: z.null(),
  }),
);

export const CostsPage = pageOf(
  z.object({
    object: z.literal("organization.costs.result"),
    amount: z.object({ value: z.number(), currency: z.literal("usd") }),
    line_item: z.nullable(z.string()),
    ...group,
    model: z.optional(z.string()),
  }),
);
