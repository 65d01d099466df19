import * as z from "zod/mini";
import { mapIssue } from "../../protocol/map-issue.ts";
import type { JsonRecord } from "../../protocol/read-value.ts";
import { jsonNumber, jsonObject } from "../../protocol/schema.ts";

/** Efforts OpenAI knows (openai-node, `ReasoningEffort`), least first. */
export const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

const summary = z.nullish(z.enum(["auto", "concise", "detailed"]));

const between = (low: number, high: number) => z.nullish(jsonNumber(z.number().check(z.gte(low), z.lte(high))));

const tool = jsonObject({ type: z.string() });

/**
 * A create request in compat mode: the fields that are read, each of the kind OpenAI gives it
 * (github.com/openai/openai-openapi, `CreateResponse`). `null` means unset. Fields it does not name are of any kind.
 */
export const CompatRequest = z.looseObject({
  input: z.nullish(z.union([z.string(), z.array(jsonObject({}))])),
  instructions: z.nullish(z.string()),
  stream: z.nullish(z.boolean()),
  background: z.nullish(z.boolean()),
  store: z.nullish(z.boolean()),
  include: z.nullish(z.array(z.string())),
  max_output_tokens: z.nullish(jsonNumber(z.int().check(z.gte(1)))),
  max_tool_calls: z.nullish(jsonNumber(z.int())),
  metadata: z.nullish(jsonObject({})),
  parallel_tool_calls: z.nullish(z.boolean()),
  previous_response_id: z.nullish(z.string()),
  prompt_cache_key: z.nullish(z.string()),
  safety_identifier: z.nullish(z.string()),
  user: z.nullish(z.string()),
  reasoning: z.nullish(jsonObject({ effort: z.nullish(z.enum(efforts)), summary, generate_summary: summary })),
  temperature: between(0, 2),
  top_p: between(0, 1),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  top_logprobs: z.nullish(jsonNumber(z.int().check(z.gte(0), z.lte(20)))),
  text: z.nullish(
    jsonObject({
      format: z.nullish(jsonObject({ type: z.enum(["text", "json_object", "json_schema"]) })),
      verbosity: z.nullish(z.enum(["low", "medium", "high"])),
    }),
  ),
  tools: z.nullish(z.array(tool)),
  tool_choice: z.nullish(z.union([z.enum(["auto", "none", "required"]), tool])),
  truncation: z.nullish(z.enum(["auto", "disabled"])),
});

export type CompatRequest = z.infer<typeof CompatRequest>;

/** Any effort OpenAI knows. */
export type Effort = (typeof efforts)[number];

/** One tool of the request, of whatever type. */
export type ToolDefinition = z.infer<typeof tool>;

/**
 * Checks a document against what compat mode reads.
 * @throws {ApiError} 400 that names the first field of a wrong kind
 */
export function checkCompatRequest(document: JsonRecord): CompatRequest {
  const checked = CompatRequest.safeParse(document, { reportInput: true });
  if (!checked.success) throw mapIssue(checked.error.issues);
  return checked.data;
}
