import type { Context } from "hono";
import { answer, withContext } from "../answer.ts";
import { packCompaction } from "../compat/pack-compaction.ts";
import { createTextSealer } from "../compat/seal-text.ts";
import type { AppEnv } from "../http/app-env.ts";
import { answerHeaders, foldEvents, renderJson } from "../http/render-answer.ts";
import { startCall } from "../http/start-call.ts";
import { missing } from "../http/validate.ts";
import type { OutputItem, ResponseResource } from "../protocol/events.ts";
import { createId } from "../protocol/ids.ts";
import { isRecord } from "../protocol/json.ts";
import type { CreateRequest } from "../protocol/request.ts";
import { loadContext } from "../state/load-context.ts";
import { describeItem, type StoredItem, toItems, toStoredItems } from "../state/stored-item.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { readCompatRequest } from "./read-compat-request.ts";

/** What the model is asked for. It comes last, so that all before it is the conversation. */
const order = `Write a summary of the conversation so far. It will replace everything but the user's own messages, and \
the work goes on from it alone. Keep what was asked for and why, what was decided, what was done and with which tools, \
names, paths, numbers and error texts word for word, what is left to do and what comes next. Leave out what no longer \
matters. Answer with the summary only, and call no tool.`;

/**
 * `POST …/responses/compact`: makes a conversation short. Answers a `response.compaction` with the user's messages
 * and one `compaction` item, which a later request takes in the place of all the rest. The model writes the summary.
 */
export async function compactResponse(context: Context<AppEnv>): Promise<Response> {
  const { call } = startCall(context);
  const { config, keyName, record } = call;
  const request = await readCompatRequest(context);
  if (typeof request.document.model !== "string") throw missing("model");
  const { earlier, own } = await loadContext(call, request);
  const { document } = withContext(request, { earlier, own });
  const made = await answer(call, { mode: "compat", document: askForSummary(document) });
  if (made.kind !== "events") throw invalidAnswer("it has no summary");
  const response = await foldEvents(made);
  const sealer =
    config.reasoningKey === undefined
      ? undefined
      : createTextSealer({ secret: config.reasoningKey, keyName, purpose: "compaction" });
  const compaction = {
    id: createId("cmp"),
    type: "compaction",
    encrypted_content: await packCompaction(readSummary(response), sealer),
  };
  const items = toStoredItems([...earlier, ...toItems(own)]);
  const compacted = {
    id: createId("resp"),
    object: "response.compaction",
    created_at: response.created_at,
    output: [...items.filter(isFromUser).map(describeItem), compaction],
    usage: response.usage,
  };
  return renderJson(JSON.stringify(compacted), answerHeaders(made, record));
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

function isFromUser({ item }: StoredItem): boolean {
  return isRecord(item) && item["role"] === "user";
}

/** @throws {ApiError} 502 for an answer without a text, or one that was cut off: half a summary loses the other half */
function readSummary({ status, output }: ResponseResource): string {
  if (status !== "completed") throw invalidAnswer("the summary was cut off");
  const summary = output.flatMap(textsOf).join("");
  if (summary.trim() === "") throw invalidAnswer("it has no summary");
  return summary;
}

function textsOf(item: OutputItem): string[] {
  const parts = item.type === "message" && "content" in item ? item.content : [];
  return parts.map((part) => ("text" in part ? part.text : ""));
}
