import * as z from "zod/mini";
import { isExactNumber } from "../protocol/exact-json.ts";
import { isRecord } from "../protocol/json.ts";
import { mostItems } from "../protocol/request.ts";
import { listOf } from "../protocol/schema-rules.ts";

/** An object as JSON knows it: a number kept as it is written is one to JavaScript, and so to zod. */
const jsonObject = z.unknown().check((payload) => {
  if (!isRecord(payload.value) || isExactNumber(payload.value)) {
    payload.issues.push({ code: "invalid_type", expected: "object", input: payload.value });
  }
});

/**
 * `GPT_OSS_Responses`, the input schema Workers AI publishes for gpt-oss
 * (developers.cloudflare.com/workers-ai/models/gpt-oss-20b), with two additions: `null` for an optional field means unset,
 * as its newer published types allow, and the number of items is bounded. Fields it does not name are of any kind.
 */
export const GptOssResponses = z.looseObject({
  input: z.union([z.string(), listOf(z.unknown(), mostItems, "input")]),
  reasoning: z.nullish(
    z.pipe(
      jsonObject,
      z.looseObject({
        effort: z.nullish(z.enum(["low", "medium", "high"])),
        summary: z.nullish(z.enum(["auto", "concise", "detailed"])),
      }),
    ),
  ),
});
