import * as z from "zod/mini";
import { between, listOf, Metadata, rule, textUpTo } from "./schema-rules.ts";

/** Most items one request may hold. An agent's session of 2,000 turns has some 8,000. */
export const mostItems = 20_000;

/** Most tools one request may define. OpenAI's limit is 128; clients with many MCP servers pass it. */
export const mostTools = 1_000;

/** The id of a conversation, or an object that holds it. */
const Conversation = z.union([z.string(), z.looseObject({ id: z.string() })]);

/** The id of the conversation that a request continues; undefined when it continues none. */
export function conversationOf({ conversation }: Pick<ServedFields, "conversation">): string | undefined {
  return typeof conversation === "string" ? conversation : conversation?.id;
}

/** Refused by name: nothing here keeps prompt templates. */
const noTemplates = rule<unknown>((value) =>
  value === undefined || value === null
    ? undefined
    : {
        code: "unsupported_parameter",
        message: "This Worker keeps no prompt templates. Send the text itself, as `instructions` and `input`.",
      },
);

/**
 * The fields of a create request that the Worker serves itself, whatever the mode. `null` means unset, here and in
 * every schema of a request.
 */
export const ServedFields = z
  .looseObject({
    prompt: z.optional(z.unknown().check(noTemplates)),
    model: z.nullish(z.string()),
    stream: z.nullish(z.boolean()),
    store: z.nullish(z.boolean()),
    background: z.nullish(z.boolean()),
    previous_response_id: z.nullish(z.string()),
    conversation: z.nullish(Conversation),
  })
  .check(
    rule(({ conversation, previous_response_id: previousId, background, store }) => {
      if (conversation !== undefined && conversation !== null && typeof previousId === "string") {
        return {
          code: "mutually_exclusive_parameters",
          path: ["previous_response_id"],
          message: "A request continues a `conversation` or a `previous_response_id`, not both. Leave one out.",
        };
      }
      if (background !== true || store !== false) return undefined;
      return {
        code: "background_needs_store",
        path: ["store"],
        message: "A `background` response is kept until it is fetched: leave out `store: false`.",
      };
    }),
  );

export type ServedFields = z.infer<typeof ServedFields>;

/** Efforts OpenAI knows (openai-node, `ReasoningEffort`), least first. */
export const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** Any effort OpenAI knows. */
export type Effort = (typeof efforts)[number];

const summary = z.nullish(z.enum(["auto", "concise", "detailed"]));

const anyObject = z.looseObject({});

/** One tool of a request, of whatever type. */
const Tool = z.looseObject({ type: z.string() });

export type ToolDefinition = z.infer<typeof Tool>;

/** Most entries of `context_management`: there is one kind of them. */
const mostManagement = 16;

/** What the chat branch can't tell from a request without one, and every client of OpenAI may send. */
const serviceTiers = ["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] as const;

/**
 * A create request in compat mode: every field that is read, each of the kind OpenAI gives it
 * (github.com/openai/openai-openapi, `CreateResponse`; openai-node 7.57). Other fields are of any kind.
 */
export const CreateRequest = z.looseObject({
  ...ServedFields.shape,
  input: z.union([z.string(), listOf(anyObject, mostItems, "input")]),
  instructions: z.nullish(z.string()),
  include: z.nullish(z.array(z.string())),
  context_management: z.nullish(
    listOf(
      z.looseObject({ type: z.string(), compact_threshold: z.nullish(z.int().check(z.gte(1_000))) }),
      mostManagement,
      "context_management",
    ),
  ),
  max_output_tokens: z.nullish(z.int().check(z.gte(16))),
  max_tool_calls: z.nullish(z.int().check(z.gte(1))),
  metadata: z.nullish(Metadata),
  parallel_tool_calls: z.nullish(z.boolean()),
  prompt_cache_key: z.nullish(z.string()),
  safety_identifier: z.nullish(textUpTo(64, "safety_identifier")),
  service_tier: z.nullish(z.enum(serviceTiers)),
  user: z.nullish(z.string()),
  reasoning: z.nullish(z.looseObject({ effort: z.nullish(z.enum(efforts)), summary, generate_summary: summary })),
  temperature: z.nullish(between(0, 2)),
  top_p: z.nullish(between(0, 1)),
  frequency_penalty: z.nullish(between(-2, 2)),
  presence_penalty: z.nullish(between(-2, 2)),
  top_logprobs: z.nullish(z.int().check(z.gte(0), z.lte(20))),
  text: z.nullish(
    z.looseObject({
      format: z.nullish(
        z.looseObject({
          type: z.enum(["text", "json_object", "json_schema"]),
          name: z.nullish(z.string()),
          description: z.nullish(z.string()),
          strict: z.nullish(z.boolean()),
          schema: z.optional(z.unknown()),
        }),
      ),
      verbosity: z.nullish(z.enum(["low", "medium", "high"])),
    }),
  ),
  tools: z.nullish(listOf(Tool, mostTools, "tools")),
  tool_choice: z.nullish(z.union([z.enum(["auto", "none", "required"]), Tool])),
  truncation: z.nullish(z.enum(["auto", "disabled"])),
});

export type CreateRequest = z.infer<typeof CreateRequest>;

/**
 * The optional fields of a create request (github.com/openai/openai-openapi, `CreateResponse`): `null` in one of them
 * means unset. A field outside this list is not ours to judge.
 */
export const optionalFields: ReadonlySet<string> = new Set([
  "background",
  "client_metadata",
  "context_management",
  "conversation",
  "frequency_penalty",
  "include",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "model",
  "moderation",
  "parallel_tool_calls",
  "presence_penalty",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
]);
