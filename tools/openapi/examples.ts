/** The document's examples. Each has a type of the `openai` package: `npm run types` shows that its users' code accepts them. */
import type { Conversation as OpenAiConversation } from "openai/resources/conversations/conversations";
import type { Model as OpenAiModel } from "openai/resources/models";
import type {
  Response as OpenAiResponse,
  ResponseCreateParams,
  ResponseOutputText,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { responseDefaults } from "../../src/protocol/response-defaults.ts";

const created = 1_764_000_000;

export const createExamples = {
  text: { model: "@cf/openai/gpt-oss-20b", input: "Say hi" },
  stream: { model: "@cf/openai/gpt-oss-20b", input: "Count to three", stream: true },
  conversation: {
    model: "@cf/openai/gpt-oss-20b",
    instructions: "Answer in one sentence.",
    input: [
      { role: "user", content: "Who wrote Faust?" },
      { role: "assistant", content: "Johann Wolfgang von Goethe." },
      { role: "user", content: "When?" },
    ],
    reasoning: { effort: "low", summary: "auto" },
    max_output_tokens: 500,
  },
  tool: {
    model: "@cf/openai/gpt-oss-20b",
    input: "What is the weather in Paris?",
    tools: [
      {
        type: "function",
        name: "get_weather",
        description: "Current weather in a city",
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false,
        },
        strict: true,
      },
    ],
  },
  structured: {
    model: "@cf/openai/gpt-oss-20b",
    input: "Tell me about Lisbon.",
    text: {
      format: {
        type: "json_schema",
        name: "city",
        strict: true,
        schema: {
          type: "object",
          properties: { city: { type: "string" }, country: { type: "string" } },
          required: ["city", "country"],
          additionalProperties: false,
        },
      },
    },
  },
} satisfies Record<string, ResponseCreateParams>;

/**
 * A Response as it is on the wire. The package's type also has `output_text`, which the package itself adds, and what
 * only OpenAI's platform has: who may use it. It lacks what the Open Responses schema adds.
 */
type WireResponse = Omit<OpenAiResponse, "output_text" | "access_programs" | "usage"> & {
  store: boolean;
  frequency_penalty: number;
  presence_penalty: number;
  usage: NonNullable<OpenAiResponse["usage"]>;
};

const text: ResponseOutputText = { type: "output_text", text: "Hi!", annotations: [], logprobs: [] };

const item = {
  id: "msg_67c9a5b8e2f94d31a0b6c7d8e9f01234",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [text],
} satisfies OpenAiResponse["output"][number];

const response = {
  id: "resp_5f0c2b7d8a914e63b1d2c3e4f5a60718",
  object: "response",
  created_at: created,
  completed_at: created + 1,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "@cf/openai/gpt-oss-20b",
  output: [item],
  usage: {
    input_tokens: 69,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 24,
    output_tokens_details: { reasoning_tokens: 16 },
    total_tokens: 93,
  },
  ...responseDefaults,
  reasoning: { effort: "medium", summary: null },
  store: true,
  // A list of its own: those of the defaults are read-only.
  tools: [],
} satisfies WireResponse;

const place = { item_id: item.id, output_index: 0, content_index: 0 };

/** The events of a stream that can be had without the Response they begin and end with. */
export const exampleEvents = [
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { ...item, status: "in_progress", content: [] },
    sequence_number: 2,
  },
  {
    type: "response.content_part.added",
    ...place,
    part: { type: "output_text", text: "", annotations: [], logprobs: [] },
    sequence_number: 3,
  },
  { type: "response.output_text.delta", ...place, delta: "Hi!", logprobs: [], sequence_number: 4 },
  { type: "response.output_text.done", ...place, text: "Hi!", logprobs: [], sequence_number: 5 },
  { type: "response.content_part.done", ...place, part: text, sequence_number: 6 },
  { type: "response.output_item.done", output_index: 0, item, sequence_number: 7 },
] satisfies ResponseStreamEvent[];

const begun = { ...response, completed_at: null, status: "in_progress", output: [], usage: null };

export const exampleStream = [
  { type: "response.created", response: begun, sequence_number: 0 },
  { type: "response.in_progress", response: begun, sequence_number: 1 },
  ...exampleEvents,
  { type: "response.completed", response, sequence_number: 8 },
];

const counts = {
  requests: 12,
  failed_requests: 1,
  unreported_requests: 0,
  input_tokens: 4_180,
  cached_tokens: 0,
  output_tokens: 2_204,
  reasoning_tokens: 1_310,
  total_tokens: 6_384,
  cost_usd: 0.001_497_2,
  unpriced_requests: 0,
  searches: 0,
  pages: 0,
  mcp_calls: 0,
  images: 0,
};

const userItem = {
  id: "item_0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: "Say hi" }],
};

export const examples = {
  response,
  stream: exampleStream.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  deleted: { id: response.id, object: "response", deleted: true },
  item: userItem,
  items: { object: "list", data: [userItem], first_id: userItem.id, last_id: userItem.id, has_more: false },
  compaction: {
    id: "resp_0d1e2f30415263748596a7b8c9dae0f1",
    object: "response.compaction",
    created_at: created,
    output: [
      userItem,
      {
        id: "cmp_1029384756abcdef0123456789abcdef",
        type: "compaction",
        encrypted_content: "p1.VGhlIHVzZXIgc2FpZCBoaS4",
      },
    ],
    usage: response.usage,
  },
  conversationBody: { metadata: { topic: "greetings" }, items: [{ role: "user", content: "Say hi" }] },
  conversation: {
    id: "conv_9a8b7c6d5e4f30211203f4e5d6c7b8a9",
    object: "conversation",
    created_at: created,
    metadata: { topic: "greetings" },
  } satisfies OpenAiConversation,
  model: {
    id: "@cf/openai/gpt-oss-20b",
    object: "model",
    created: 1_754_352_000,
    owned_by: "openai",
  } satisfies OpenAiModel,
  usage: {
    object: "usage",
    key: "alice",
    from: "2026-11-01",
    to: "2026-11-23",
    data: [{ date: "2026-11-23", model: "@cf/openai/gpt-oss-20b", ...counts }],
    total: counts,
    budget: null,
    budgets: [],
  },
  health: {
    status: "ok",
    mode: "native",
    auth: "keys",
    models: ["@cf/openai/gpt-oss-20b"],
    features: {
      rate_limiter: false,
      responses: true,
      conversations: true,
      background: true,
      usage: true,
      metrics: false,
      managed_keys: true,
    },
    prices: { "@cf/openai/gpt-oss-20b": { input: 0.2, output: 0.3 } },
    version: "0.2.0",
  },
};
