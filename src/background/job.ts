import * as z from "zod/mini";
import type { CheckedRequest } from "../call.ts";
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
});

/** What a run needs to know of its request. */
export interface BackgroundJob {
  mode: CheckedRequest["mode"];
  /** The request with the whole context in its `input`. */
  document: JsonRecord;
  requestId: string;
  /** The request's own input, references resolved. */
  own: readonly StoredItem[];
}

/** Writes down a request for its run. */
export function writeJob(
  { mode, document: { input: _input, ...request } }: CheckedRequest,
  { context, requestId }: { context: Context; requestId: string },
): z.infer<typeof Job> {
  const { own } = context;
  const ownItems = typeof own === "string" ? 1 : own.length;
  const isText = typeof own === "string" && context.earlier.length === 0;
  return { mode, request: hideToolSecrets(request), isText, ownItems, requestId };
}

/** Reads what `writeJob` wrote. */
export function readJob({ job, items }: Pick<RunJob, "job" | "items">): BackgroundJob {
  const { mode, request, isText, ownItems, requestId } = Job.parse(job);
  const stored = parseStoredItems(items());
  const given = stored.map(({ item }) => item);
  const [first] = given;
  // `toStoredItems` made one user message of it.
  const input = isText && isRecord(first) ? first["content"] : given;
  return { mode, document: { ...request, input }, requestId, own: stored.slice(stored.length - ownItems) };
}
