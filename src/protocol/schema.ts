import * as z from "zod/mini";
import { isRecord } from "./read-value.ts";

/** To JavaScript, and so to zod, a number kept as `JSON.rawJSON` is an object. */
const anyJsonObject = z.unknown().check((payload) => {
  if (!isRecord(payload.value)) {
    payload.issues.push({ code: "invalid_type", expected: "object", input: payload.value });
  }
});

/** The schema of an object as JSON knows it, with these fields and any others. */
export function jsonObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.pipe(anyJsonObject, z.looseObject(shape));
}

const toDouble = z.transform((value: unknown) => (JSON.isRawJSON(value) ? Number(JSON.stringify(value)) : value));

/** The schema of a number that is read here, where the nearest double will do: `0.10000000000000001` is 0.1. */
export function jsonNumber(number = z.number()) {
  return z.pipe(toDouble, number);
}

const input = z.union([z.string(), z.array(z.unknown())]);

/**
 * `GPT_OSS_Responses`, the input schema Workers AI publishes for gpt-oss
 * (developers.cloudflare.com/workers-ai/models/gpt-oss-20b), plus: `null` for an optional field means unset, as its
 * newer published types allow. Fields it does not name are of any kind.
 */
export const GptOssResponses = z.looseObject({
  input,
  reasoning: z.nullish(
    jsonObject({
      effort: z.nullish(z.enum(["low", "medium", "high"])),
      summary: z.nullish(z.enum(["auto", "concise", "detailed"])),
    }),
  ),
});

/** What every create request has, whatever the mode: the two fields this Worker reads itself. */
const ownFields = { model: z.nullish(z.string()), stream: z.nullish(z.boolean()) };

/** A create request in compat mode, which checks the rest where it translates it. */
export const CompatCreateRequest = z.looseObject({ input, ...ownFields });

/** A create request in native mode: `GPT_OSS_Responses` and the fields of our own. */
export const NativeCreateRequest = z.looseObject({ ...GptOssResponses.shape, ...ownFields });

/** A create request of either mode. */
export type CreateRequest = z.infer<typeof CompatCreateRequest>;

/**
 * The optional fields of a create request (github.com/openai/openai-openapi, `CreateResponse`): `null` in one of them
 * means unset. A field outside this list is not ours to judge, so its `null` is passed on.
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
