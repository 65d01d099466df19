import { isRecord, type JsonRecord, readCount, readText } from "../protocol/read-value.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { type KeptItem, parseKeptItems } from "../store/kept-item.ts";
import type { RunJob } from "../store/run-job.ts";
import type { TurnInput } from "../turns/find-context.ts";

/** What a run needs to know of its request. */
export interface BackgroundJob {
  /** The request with the whole context in its `input`. */
  request: JsonRecord;
  requestId: string;
  /** The turn's own input, references resolved. */
  own: readonly KeptItem[];
}

/** What is written down of a request for its run. The input is not: the response's object has it as its items. */
export function writeJob({
  document: { input, ...request },
  input: { own },
  requestId,
}: {
  document: CreateRequest;
  input: TurnInput;
  requestId: string;
}): JsonRecord {
  return { request, isText: typeof input === "string", ownItems: own.length, requestId };
}

/** Reads what `writeJob` wrote. */
export function readJob({ job, items }: Pick<RunJob, "job" | "items">): BackgroundJob {
  const kept = parseKeptItems(items());
  const given = kept.map(({ item }) => item);
  const [first] = given;
  // `keepItems` made one user message of it.
  const input = job["isText"] === true && isRecord(first) ? first["content"] : given;
  return {
    request: { ...(isRecord(job["request"]) ? job["request"] : {}), input },
    requestId: readText(job["requestId"]),
    own: kept.slice(kept.length - readCount(job["ownItems"])),
  };
}
