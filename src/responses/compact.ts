import type { Context } from "hono";
import { answer, prepareRequest } from "../answer.ts";
import { packCompaction } from "../compat/pack-compaction.ts";
import { askForSummary } from "../compat/rounds/ask-for-summary.ts";
import { createSealers } from "../compat/seal-text.ts";
import type { AppEnv } from "../http/app-env.ts";
import { answerHeaders, foldEvents, renderJson } from "../http/render-answer.ts";
import { startCall } from "../http/start-call.ts";
import { missing } from "../http/validate.ts";
import type { OutputItem, ResponseResource } from "../protocol/events.ts";
import { createId } from "../protocol/ids.ts";
import { isRecord } from "../protocol/json.ts";
import { describeItem, type StoredItem, toItems, toStoredItems } from "../state/stored-item.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { readCompatRequest } from "./read-compat-request.ts";

/**
 * `POST …/responses/compact`: makes a conversation short. Answers a `response.compaction` with the user's messages
 * and one `compaction` item, which a later request takes in the place of all the rest. The model writes the summary.
 */
export async function compactResponse(context: Context<AppEnv>): Promise<Response> {
  const { call } = startCall(context);
  const { config, keyName, record } = call;
  const request = await readCompatRequest(context);
  if (typeof request.document.model !== "string") throw missing("model");
  const { whole, context: stored } = await prepareRequest(call, request);
  const { document, warnings } = whole;
  const made = await answer(call, {
    mode: "compat",
    document: askForSummary(document),
    ...(warnings !== undefined && { warnings }),
  });
  if (made.kind !== "events") throw invalidAnswer("it has no summary");
  const response = await foldEvents(made);
  const sealer = createSealers(config.reasoningKey, keyName)?.compaction;
  const compaction = {
    id: createId("cmp"),
    type: "compaction",
    encrypted_content: await packCompaction(readSummary(response), sealer),
  };
  const { earlier, own } = stored;
  const items = toStoredItems([...earlier.map(({ item }) => item), ...toItems(own)]);
  const compacted = {
    id: createId("resp"),
    object: "response.compaction",
    created_at: response.created_at,
    output: [...items.filter(isFromUser).map(describeItem), compaction],
    usage: response.usage,
  };
  return renderJson(JSON.stringify(compacted), answerHeaders(made, record));
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
