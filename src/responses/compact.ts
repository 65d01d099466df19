import type { Context } from "hono";
import { answerRequest } from "../answers/answer-request.ts";
import type { AppEnv } from "../app-env.ts";
import { packCompaction } from "../compat/pack-compaction.ts";
import { createTextSealer } from "../compat/seal-text.ts";
import { readConfig } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import { renderBody } from "../http/render-body.ts";
import { createId } from "../protocol/create-id.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { describeItem, type KeptItem } from "../store/kept-item.ts";
import { invalidAnswer } from "../workers-ai/read-answer.ts";
import { readTurn } from "./read-turn.ts";

/** What the model is asked for. It comes last, so that all before it is the conversation. */
const order = `Write a summary of the conversation so far. It will replace everything but the user's own messages, and \
the work goes on from it alone. Keep what was asked for and why, what was decided, what was done and with which tools, \
names, paths, numbers and error texts word for word, what is left to do and what comes next. Leave out what no longer \
matters. Answer with the summary only, and call no tool.`;

/**
 * `POST /v1/responses/compact`: makes a conversation short. Answers a `response.compaction` with the user's messages
 * and one `compaction` item, which a later request takes in the place of all the rest. The model writes the summary.
 */
export async function compactResponse(context: Context<AppEnv>): Promise<Response> {
  const { env: bindings } = context;
  const config = readConfig(bindings);
  const keyName = context.get("keyName");
  const record = context.get("record");
  const { document, items } = await readTurn(context);
  if (typeof document.model !== "string") {
    throw invalidRequest({
      code: "missing_required_parameter",
      param: "model",
      message: "The field `model` is required.",
    });
  }
  const answer = await answerRequest({
    bindings,
    config,
    document: askForSummary(document),
    signal: context.req.raw.signal,
    keyName,
    trace: record.trace,
  });
  const response: unknown = await new Response(answer.body).json();
  if (!isRecord(response)) throw invalidAnswer("it is no object");
  record.answerEnd = Promise.resolve({ ending: "whole", response, endedAt: Date.now() });

  const sealer =
    config.reasoningKey === undefined
      ? undefined
      : createTextSealer({ secret: config.reasoningKey, keyName, purpose: "compaction" });
  const compaction = {
    id: createId("cmp"),
    type: "compaction",
    encrypted_content: await packCompaction(readSummary(response), sealer),
  };
  const compacted = {
    id: createId("resp"),
    object: "response.compaction",
    created_at: response["created_at"],
    output: [...items.filter(isFromUser).map(describeItem), compaction],
    usage: response["usage"],
  };
  return renderBody("json", JSON.stringify(compacted), { ...answer, fallbackModel: record.trace.fallbackModel });
}

/** Of the request only what the conversation is goes to the model. It is cut where it doesn't fit: that is why it is made short. */
function askForSummary({ model, input, instructions, prompt_cache_key }: CreateRequest): CreateRequest {
  const conversation = typeof input === "string" ? [{ role: "user", content: input }] : input;
  return {
    model,
    instructions,
    prompt_cache_key,
    input: [...conversation, { role: "user", content: order }],
    reasoning: { effort: "low" },
    truncation: "auto",
    store: false,
  };
}

function isFromUser({ item }: KeptItem): boolean {
  return isRecord(item) && item["role"] === "user";
}

/** @throws {ApiError} 502 for an answer without a text, or one that was cut off: half a summary loses the other half */
function readSummary({ status, output }: JsonRecord): string {
  if (status !== "completed") throw invalidAnswer("the summary was cut off");
  const parts = (Array.isArray(output) ? output : []).flatMap((item) =>
    isRecord(item) && item["type"] === "message" && Array.isArray(item["content"]) ? item["content"] : [],
  );
  const summary = parts.map((part) => (isRecord(part) ? readText(part["text"]) : "")).join("");
  if (summary.trim() === "") throw invalidAnswer("it has no summary");
  return summary;
}
