import type { ResponseError, ResponseResource, ResponseStatus } from "../protocol/events.ts";
import { fillUsage } from "../protocol/fill-usage.ts";
import { createId } from "../protocol/ids.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/json.ts";
import { responseDefaults } from "../protocol/response-defaults.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { type FilledItem, fillItem, type UsedIds } from "./fill-item.ts";

/** A complete Response. `items` are its `output`, tagged by how their events run. */
export interface FilledResponse {
  response: ResponseResource;
  items: readonly FilledItem[];
}

/**
 * Makes an upstream's JSON answer a complete Response: what is there stays, unknown fields too, and what strict
 * clients need and it lacks is filled.
 * @throws {ApiError} 502 `upstream_invalid_response` for JSON that is no Response
 */
export function fillResponse(answer: unknown): FilledResponse {
  if (!isRecord(answer)) throw invalidAnswer("it is not an object");
  const { output } = answer;
  if (!Array.isArray(output)) throw invalidAnswer("it has no output array");

  const used: UsedIds = new Set();
  const items = output.map((item) => fillItem(item, used));
  const now = Math.floor(Date.now() / 1000);
  const created_at = readSeconds(answer["created_at"], now);
  const end = readEnd(answer, items.length);
  const response: ResponseResource = {
    ...responseDefaults,
    ...withoutNullDefaults(answer),
    ...end,
    id: readText(answer["id"]) || createId("resp"),
    object: "response",
    created_at,
    completed_at: end.status === "completed" ? readSeconds(answer["completed_at"], Math.max(now, created_at)) : null,
    model: readText(answer["model"]),
    output: items.map(({ item }) => item),
    usage: fillUsage(answer["usage"]),
  };
  return { response, items };
}

interface End {
  status: ResponseStatus;
  error: ResponseError | null;
  incomplete_details: { reason: string } | null;
}

/**
 * How the Response ended. There is no event for `cancelled`, and a Response can't be `in_progress` in a finished
 * answer: those, and any word this Worker doesn't know, are failures. So is silence about the status when there is no
 * output either: a failure must never look like an empty success.
 */
function readEnd(answer: JsonRecord, outputLength: number): End {
  const { status, error } = answer;
  const details = readIncompleteDetails(answer["incomplete_details"]);
  if (isRecord(error)) {
    const code = readText(error["code"]) || "server_error";
    const message = readText(error["message"]) || "The model failed to answer.";
    return { status: "failed", error: { ...error, code, message }, incomplete_details: null };
  }
  const isSilent = status === undefined || status === null;
  if (status === "incomplete" || (isSilent && details !== null)) {
    return { status: "incomplete", error: null, incomplete_details: details };
  }
  if (status === "completed" || (isSilent && outputLength > 0)) {
    return { status: "completed", error: null, incomplete_details: null };
  }
  const message = isSilent
    ? "The model ended without an answer."
    : `The model did not complete its answer: status "${readText(status)}".`;
  return { status: "failed", error: { code: "server_error", message }, incomplete_details: null };
}

function readIncompleteDetails(value: unknown): { reason: string } | null {
  return isRecord(value) ? { ...value, reason: readText(value["reason"]) } : null;
}

/** Unix time in whole seconds. Some servers send fractions. */
function readSeconds(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.floor(value) : otherwise;
}

/** A null where the schema wants a value (vLLM's `metadata`, `text`, `top_logprobs`) gives way to the default. */
function withoutNullDefaults(answer: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(answer).filter(([key, value]) => value !== null || !Object.hasOwn(responseDefaults, key)),
  );
}
