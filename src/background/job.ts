import * as z from "zod/mini";
import { type Call, type CheckedRequest, type KeyLimits, noLimits } from "../call.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { isRecord, type JsonRecord } from "../protocol/json.ts";
import type { Context } from "../state/load-context.ts";
import { parseStoredItems, type StoredItem } from "../state/stored-item.ts";
import type { RunJob } from "./run-job.ts";

/** What is written down of a request for its run. The input is not: the response's object has it as its items. */
const Job = z.object({
  mode: z.enum(["native", "compat"]),
  /** The request without its input and its tools' secrets. */
  request: z.looseObject({}),
  /** The input was a text. */
  isText: z.boolean(),
  /** How many of the items are the request's own. */
  ownItems: z.number(),
  requestId: z.string(),
  /**
   * Models that the key of the request may use, full names. A job without them, or without limits, was written when keys
   * had none.
   */
  models: z.optional(z.array(z.string())),
  limits: z.optional(
    z.object({
      requests_per_minute: z.nullable(z.number()),
      daily_tokens: z.nullable(z.number()),
      monthly_tokens: z.nullable(z.number()),
      daily_usd: z.nullable(z.number()),
      monthly_usd: z.nullable(z.number()),
    }),
  ),
});

/** What a run needs to know of its request. */
export interface BackgroundJob {
  mode: CheckedRequest["mode"];
  /** The request with the whole context in its `input`. */
  document: JsonRecord;
  /** The items that the input is made of. */
  items: readonly StoredItem[];
  requestId: string;
  /** What the caller's key may use; null for all that the Worker serves. */
  models: readonly string[] | null;
  limits: KeyLimits;
  /** The request's own input, references resolved. */
  own: readonly StoredItem[];
}

/** Writes down a request for its run. */
export function writeJob(
  { mode, document: { input: _input, ...request } }: CheckedRequest,
  { context, call }: { context: Context; call: Pick<Call, "config" | "limits" | "requestId"> },
): z.infer<typeof Job> {
  const { own } = context;
  const ownItems = typeof own === "string" ? 1 : own.length;
  const isText = typeof own === "string" && context.earlier.length === 0;
  const { config, limits, requestId } = call;
  const models = [...config.models, ...config.fallbackModels];
  return { mode, request: hideToolSecrets(request), isText, ownItems, requestId, models, limits };
}

/** Reads what `writeJob` wrote, but not its items: those may be 32 MiB. */
export function readJobFacts({ job }: Pick<RunJob, "job">): z.infer<typeof Job> {
  return Job.parse(job);
}

/** Reads what `writeJob` wrote. */
export function readJob(run: Pick<RunJob, "job" | "items">): BackgroundJob {
  const { mode, request, isText, ownItems, requestId, models = null, limits = noLimits } = readJobFacts(run);
  const stored = parseStoredItems(run.items());
  const given = stored.map(({ item }) => item);
  const [first] = given;
  // `toStoredItems` made one user message of it.
  const input = isText && isRecord(first) ? first["content"] : given;
  return {
    mode,
    document: { ...request, input },
    items: stored,
    requestId,
    models,
    limits,
    own: stored.slice(stored.length - ownItems),
  };
}
