/** What the API answers with, as schemas. The types the code itself uses have to fit them, or this does not compile. */
import * as z from "zod/mini";
import type { OutputItem, ResponseResource, Usage } from "../../src/protocol/events.ts";
import type { responseDefaults } from "../../src/protocol/response-defaults.ts";
import { ImageGenerationCall, McpApprovalRequest, McpCall, McpListTools, WebSearchCall } from "./hosted-items.ts";

const anything = z.record(z.string(), z.unknown());

const itemStatus = z.enum(["in_progress", "completed", "incomplete"]);

export const OutputText = z.object({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.readonly(z.array(z.unknown())),
  logprobs: z.readonly(z.array(z.unknown())),
});

export const Refusal = z.object({ type: z.literal("refusal"), refusal: z.string() });

/** A part of a type that has no deltas of its own. */
const OtherPart = z.object({ type: z.string() });

export const SummaryText = z.object({ type: z.literal("summary_text"), text: z.string() });

const ReasoningText = z.object({ type: z.literal("reasoning_text"), text: z.string() });

export const ContentPart = z.union([OutputText, Refusal, OtherPart]);

export const Message = z.object({
  id: z.string(),
  type: z.literal("message"),
  role: z.literal("assistant"),
  status: itemStatus,
  content: z.readonly(z.array(ContentPart)),
});

export const Reasoning = z.object({
  id: z.string(),
  type: z.literal("reasoning"),
  status: itemStatus,
  summary: z.readonly(z.array(SummaryText)),
  content: z.readonly(z.array(ReasoningText)),
  encrypted_content: z.optional(z.string()),
});

const call = {
  id: z.string(),
  status: itemStatus,
  call_id: z.string(),
  name: z.string(),
  namespace: z.optional(z.string()),
};

export const FunctionCall = z.object({ ...call, type: z.literal("function_call"), arguments: z.string() });

export const CustomToolCall = z.object({ ...call, type: z.literal("custom_tool_call"), input: z.string() });

/** An item of a type this Worker knows nothing about: passed on as it is. */
export const OtherItem = z.object({ id: z.string(), type: z.string() });

export const Item = z.union([
  Message,
  Reasoning,
  FunctionCall,
  CustomToolCall,
  WebSearchCall,
  ImageGenerationCall,
  McpListTools,
  McpCall,
  McpApprovalRequest,
  OtherItem,
]);

export const TokenUsage = z.object({
  input_tokens: z.int(),
  input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.optional(z.int()) }),
  output_tokens: z.int(),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
});

/** What a Response says of the settings it was made with. */
const settings = {
  background: z.boolean(),
  frequency_penalty: z.number(),
  instructions: z.nullable(z.union([z.string(), z.array(z.unknown())])),
  max_output_tokens: z.nullable(z.int()),
  max_tool_calls: z.nullable(z.int()),
  metadata: anything,
  parallel_tool_calls: z.boolean(),
  presence_penalty: z.number(),
  previous_response_id: z.nullable(z.string()),
  prompt_cache_key: z.nullable(z.string()),
  reasoning: z.object({ effort: z.nullable(z.string()), summary: z.nullable(z.string()) }),
  safety_identifier: z.nullable(z.string()),
  service_tier: z.string(),
  store: z.boolean(),
  temperature: z.number(),
  text: anything,
  tool_choice: z.union([z.string(), anything]),
  tools: z.array(anything),
  top_logprobs: z.int(),
  top_p: z.number(),
  truncation: z.string(),
  user: z.nullable(z.string()),
} satisfies Record<keyof typeof responseDefaults, z.ZodMiniType>;

const core = {
  id: z.string(),
  object: z.literal("response"),
  created_at: z.int(),
  completed_at: z.nullable(z.int()),
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
  error: z.nullable(z.object({ code: z.string(), message: z.string() })),
  incomplete_details: z.nullable(z.object({ reason: z.string() })),
  model: z.string(),
  output: z.readonly(z.array(Item)),
  usage: z.nullable(TokenUsage),
};

/** A Response that was built here: complete. */
export const ResponseAnswer = z.object({ ...core, ...settings });

/** A Response as upstream sends it in native mode: what no answer can do without. */
export const NativeResponse = z.looseObject({
  output: z.array(z.looseObject({ type: z.string() })),
  id: z.optional(z.string()),
  object: z.optional(z.literal("response")),
  created_at: z.optional(z.number()),
  status: z.optional(z.nullable(z.string())),
  error: z.optional(z.nullable(anything)),
  incomplete_details: z.optional(z.nullable(anything)),
  model: z.optional(z.string()),
  usage: z.optional(z.nullable(anything)),
});

export const ErrorEnvelope = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum([
      "invalid_request_error",
      "authentication_error",
      "permission_error",
      "not_found_error",
      "rate_limit_error",
      "server_error",
    ]),
    param: z.string(),
    code: z.string(),
  }),
});

export const DeletedResponse = z.object({ id: z.string(), object: z.literal("response"), deleted: z.literal(true) });

/** An item as it was sent, with its id. */
export const KeptItem = z.looseObject({ id: z.string(), type: z.string() });

export const ItemList = z.object({
  object: z.literal("list"),
  data: z.array(KeptItem),
  first_id: z.string(),
  last_id: z.string(),
  has_more: z.boolean(),
});

export const InputTokens = z.object({ object: z.literal("response.input_tokens"), input_tokens: z.int() });

export const Compaction = z.object({
  id: z.string(),
  object: z.literal("response.compaction"),
  created_at: z.int(),
  output: z.array(KeptItem),
  usage: TokenUsage,
});

export const Conversation = z.object({
  id: z.string(),
  object: z.literal("conversation"),
  created_at: z.int(),
  metadata: z.record(z.string(), z.string()),
});

export const DeletedConversation = z.object({
  id: z.string(),
  object: z.literal("conversation.deleted"),
  deleted: z.literal(true),
});

export const Model = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
});

export const ModelList = z.object({ object: z.literal("list"), data: z.array(Model) });

const counts = {
  requests: z.int(),
  failed_requests: z.int(),
  unreported_requests: z.int(),
  input_tokens: z.int(),
  cached_tokens: z.int(),
  output_tokens: z.int(),
  reasoning_tokens: z.int(),
  total_tokens: z.int(),
  cost_usd: z.number(),
  unpriced_requests: z.int(),
};

export const UsageReport = z.object({
  object: z.literal("usage"),
  key: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
  data: z.array(z.object({ date: z.iso.date(), model: z.string(), ...counts })),
  total: z.object(counts),
  budget: z.nullable(
    z.object({
      daily_tokens: z.int(),
      used_tokens: z.int(),
      remaining_tokens: z.int(),
      resets_at: z.int(),
    }),
  ),
  budgets: z.array(
    z.object({
      unit: z.enum(["tokens", "usd"]),
      period: z.enum(["day", "month"]),
      limit: z.number(),
      used: z.number(),
      remaining: z.number(),
      resets_at: z.int(),
    }),
  ),
});

export const Health = z.object({
  status: z.literal("ok"),
  mode: z.enum(["native", "compat"]),
  auth: z.enum(["keys", "none"]),
  models: z.array(z.string()),
  features: z.record(z.string(), z.boolean()),
  prices: z.optional(
    z.record(z.string(), z.object({ input: z.number(), output: z.number(), cached: z.optional(z.number()) })),
  ),
  version: z.string(),
});

type Fits = [OutputItem, Usage, Pick<ResponseResource, keyof typeof core>] extends [
  z.infer<typeof Item>,
  z.infer<typeof TokenUsage>,
  z.infer<z.ZodMiniObject<typeof core>>,
]
  ? true
  : "a type of src/protocol/events.ts does not fit its schema";

/** @public Never imported: it compiles only while the types fit. */
export const answersFit: Fits = true;
