import { adminExamples as examples } from "../admin-examples.ts";
import { bodyCodes, type Parameter, type Route } from "../route.ts";

const id: Parameter = {
  name: "id",
  in: "path",
  description: "The id of a managed key.",
  schema: { type: "string" },
};

const limitCodes = [...bodyCodes, "unknown_parameter", "name_taken"] as const;

function listParameter(name: string, description: string, values?: readonly string[]): Parameter {
  const items = { type: "string", ...(values !== undefined && { enum: values }) };
  return { name, in: "query", description, schema: { type: "array", items } };
}

function usageParameters({ groups, most }: { groups: readonly string[]; most: number }): Parameter[] {
  const time = { type: "integer", minimum: 0 };
  return [
    { name: "start_time", in: "query", description: "Unix seconds. Required.", schema: time },
    { name: "end_time", in: "query", description: "Unix seconds, exclusive; now when left out.", schema: time },
    {
      name: "bucket_width",
      in: "query",
      description: "The Worker counts by UTC day.",
      schema: { type: "string", enum: ["1d"], default: "1d" },
    },
    listParameter("group_by", "What the results of a bucket are grouped by.", groups),
    listParameter("api_key_ids", "Only these keys: ids of managed ones, names of those in `API_KEYS`."),
    listParameter("models", "Only these models."),
    {
      name: "limit",
      in: "query",
      description: "How many buckets a page has.",
      schema: { type: "integer", minimum: 1, maximum: most, default: 7 },
    },
    { name: "page", in: "query", description: "`next_page` of the page before.", schema: { type: "string" } },
  ];
}

const common = { tag: "Administration", needsAdmin: true } as const;
const own = { ...common, hasNoBase: true } as const;

/** Keys and what they use, for whoever has the admin key. */
export const adminRoutes: readonly Route[] = [
  {
    ...own,
    method: "post",
    path: "/admin/keys",
    operationId: "createKey",
    summary: "Make a key",
    description: "The key itself is in this answer and in no other: only its hash is stored.",
    body: { schema: "NewKey", examples: examples.bodies },
    answer: { description: "The key.", json: "AdminKeyWithSecret", example: examples.secret },
    codes: limitCodes,
  },
  {
    ...own,
    method: "get",
    path: "/admin/keys",
    operationId: "listKeys",
    summary: "List the managed keys",
    parameters: [
      {
        name: "limit",
        in: "query",
        description: "How many keys a page has.",
        schema: { type: "integer", minimum: 1, maximum: 1_000, default: 100 },
      },
      {
        name: "after",
        in: "query",
        description: "The id of the key after which the page starts.",
        schema: { type: "string" },
      },
    ],
    answer: {
      description: "The keys in the order they were made, with what each has used.",
      json: "AdminKeyList",
      example: {
        object: "list",
        data: [examples.key],
        first_id: examples.key.id,
        last_id: examples.key.id,
        has_more: false,
      },
    },
    codes: ["invalid_value", "key_not_found"],
  },
  {
    ...own,
    method: "get",
    path: "/admin/keys/{id}",
    operationId: "retrieveKey",
    summary: "Retrieve a key",
    parameters: [id],
    answer: { description: "The key.", json: "AdminKey", example: examples.key },
    codes: ["key_not_found"],
  },
  {
    ...own,
    method: "patch",
    path: "/admin/keys/{id}",
    operationId: "changeKey",
    summary: "Change a key",
    description: "What the body names is changed; `null` takes a limit away. It holds everywhere within 30 seconds.",
    parameters: [id],
    body: {
      schema: "ChangedKey",
      examples: { budget: { budget: { monthly_usd: 50 } }, unlimited: { requests_per_minute: null } },
    },
    answer: { description: "The key.", json: "AdminKey", example: examples.key },
    codes: [...limitCodes, "key_not_found"],
  },
  {
    ...own,
    method: "delete",
    path: "/admin/keys/{id}",
    operationId: "revokeKey",
    summary: "Revoke a key",
    description: "It holds everywhere within 30 seconds. What the key used stays counted.",
    parameters: [id],
    answer: {
      description: "The key is revoked.",
      json: "DeletedAdminKey",
      example: { object: "admin.key.deleted", id: examples.key.id, deleted: true },
    },
    codes: ["key_not_found"],
  },
  {
    ...own,
    method: "post",
    path: "/admin/keys/{id}/rotate",
    operationId: "rotateKey",
    summary: "Give a key a new secret",
    description: "Id, limits, state and usage stay. The old secret ends within 30 seconds.",
    parameters: [id],
    answer: { description: "The key.", json: "AdminKeyWithSecret", example: examples.secret },
    codes: ["key_not_found", "key_changed_meanwhile"],
  },
  {
    ...own,
    method: "get",
    path: "/admin/overview",
    operationId: "showOverview",
    summary: "Show keys, use, errors and latency",
    description: "Thirty days, from counters, up to a minute old.",
    answer: { description: "The overview.", json: "Overview", example: examples.overview },
  },
  {
    ...common,
    method: "get",
    path: "/v1/organization/usage/completions",
    operationId: "showCompletionsUsage",
    summary: "Show what all keys used",
    description: "OpenAI's shape: a page of buckets, one for each UTC day. Up to a minute old; a year is kept.",
    parameters: usageParameters({ groups: ["api_key_id", "model"], most: 31 }),
    answer: { description: "The usage.", json: "CompletionsUsagePage", example: examples.usagePage },
    codes: ["missing_required_parameter", "invalid_value"],
  },
  {
    ...common,
    method: "get",
    path: "/v1/organization/costs",
    operationId: "showCosts",
    summary: "Show what all keys cost",
    description: "OpenAI's shape, in US dollars by the price table. A `line_item` is a model.",
    parameters: usageParameters({ groups: ["api_key_id", "model", "line_item"], most: 180 }),
    answer: { description: "The costs.", json: "CostsPage", example: examples.costsPage },
    codes: ["missing_required_parameter", "invalid_value"],
  },
];
