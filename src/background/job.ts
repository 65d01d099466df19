import * as z from "zod/mini";
import type { Call, CheckedRequest, KeyLimits } from "../call.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { isRecord, type JsonRecord } from "../protocol/json.ts";
import { type Context, parseEarlier } from "../state/context.ts";
import type { StoredItem } from "../state/stored-item.ts";
import type { ThreadContext } from "../state/thread-rpc.ts";

/** What a run stores of its request. The input is in its thread. */
const Job = z.object({
  mode: z.enum(["native", "compat"]),
  /** The request without its input and its tools' secrets. */
  request: z.looseObject({}),
  /** The input was a text. */
  isText: z.boolean(),
  requestId: z.string(),
  /** Models that the key of the request may use, full names. */
  models: z.array(z.string()),
  limits: z.object({
    requests_per_minute: z.nullable(z.number()),
    daily_tokens: z.nullable(z.number()),
    monthly_tokens: z.nullable(z.number()),
    daily_usd: z.nullable(z.number()),
    monthly_usd: z.nullable(z.number()),
  }),
});

/** What a run needs to know of its request. */
export interface BackgroundJob {
  mode: CheckedRequest["mode"];
  /** The request with the whole context in its `input`. */
  document: JsonRecord;
  /** The items that the input is made of. */
  items: readonly StoredItem[];
  requestId: string;
  /** What the caller's key may use. */
  models: readonly string[];
  limits: KeyLimits;
}

/** Renders what a run stores of its request. */
export function writeJob(
  { mode, document: { input: _input, ...request } }: CheckedRequest,
  { context, call }: { context: Context; call: Pick<Call, "config" | "limits" | "requestId"> },
): z.infer<typeof Job> {
  const isText = typeof context.own === "string" && context.earlier.length === 0;
  const { config, limits, requestId } = call;
  const models = [...config.models, ...config.fallbackModels];
  return { mode, request: hideToolSecrets(request), isText, requestId, models, limits };
}

/** Reads what `writeJob` wrote, and puts the items of its thread into it. */
export function readJob(job: JsonRecord, context: ThreadContext): BackgroundJob {
  const { mode, request, isText, requestId, models, limits } = Job.parse(job);
  const items = parseEarlier(context, mode === "native" ? parseExact : JSON.parse);
  const given = items.map(({ item }) => item);
  const [first] = given;
  // `toItems` made one user message of it.
  const input = isText && isRecord(first) ? first["content"] : given;
  return { mode, document: { ...request, input }, items, requestId, models, limits };
}
