import * as z from "zod/mini";
import type { CheckedRequest } from "../call.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { hideToolSecrets } from "../protocol/hide-secrets.ts";
import { isRecord, type JsonRecord } from "../protocol/json.ts";
import type { Context } from "../state/context.ts";
import type { JsonBytes } from "../state/json-bytes.ts";
import { parseItems } from "../state/stored-item.ts";

/** What is written down of a request for its run. The input is not: its thread has it. */
const Job = z.object({
  mode: z.enum(["native", "compat"]),
  /** The request without its input and its tools' secrets. */
  request: z.looseObject({}),
  /** The input was a text. */
  isText: z.boolean(),
  requestId: z.string(),
});

/** What a run needs to know of its request. */
export interface BackgroundJob {
  mode: CheckedRequest["mode"];
  /** The request with the whole context in its `input`. */
  document: JsonRecord;
  requestId: string;
}

/** Writes down a request for its run. */
export function writeJob(
  { mode, document: { input: _input, ...request } }: CheckedRequest,
  { context: { earlier, own }, requestId }: { context: Context; requestId: string },
): z.infer<typeof Job> {
  const isText = typeof own === "string" && earlier.length === 0;
  return { mode, request: hideToolSecrets(request), isText, requestId };
}

/** Reads what `writeJob` wrote, and puts the items of its thread into it. */
export function readJob(job: JsonRecord, items: JsonBytes): BackgroundJob {
  const { mode, request, isText, requestId } = Job.parse(job);
  const given = parseItems(items, mode === "native" ? parseExact : JSON.parse);
  const [first] = given;
  // `toItems` made one user message of it.
  const input = isText && isRecord(first) ? first["content"] : given;
  return { mode, document: { ...request, input }, requestId };
}
