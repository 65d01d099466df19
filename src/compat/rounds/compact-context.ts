import type { Call } from "../../call.ts";
import { OpaqueWriter } from "../../protocol/call-writer.ts";
import type { OutputItem } from "../../protocol/events.ts";
import { createItemId } from "../../protocol/ids.ts";
import { isCompaction, isFromClient } from "../../protocol/input-items.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import { ResponseBuilder } from "../../protocol/response-builder.ts";
import { invalidAnswer } from "../../workers-ai/errors.ts";
import { describeModel, resolveModel } from "../../workers-ai/models.ts";
import { readRound } from "../answer/read-round.ts";
import { packCompaction } from "../pack-compaction.ts";
import { type ConvertedRequest, convertRequest } from "../request/convert-request.ts";
import { echoRequest } from "../request/echo-request.ts";
import { estimatePrompt } from "../request/estimate-prompt.ts";
import { createSealers } from "../seal-text.ts";
import { askForSummary } from "./ask-for-summary.ts";
import { askModel } from "./ask-model.ts";
import type { UsageSum } from "./usage-sum.ts";

/** A context that is to be made short before the model answers. */
export interface CompactionPlan {
  /** What the summary stands for. */
  older: readonly JsonRecord[];
  /** What the model is still given word for word: the newest turn. */
  newest: readonly JsonRecord[];
}

/** Share of a model's context that is full when a request names no threshold. */
const defaultShare = 0.8;

/**
 * Whether `context_management` asks for the context to be made short now: it has more tokens than the threshold, and
 * there is something to summarise.
 */
export function planCompaction(
  { config }: Call,
  { document, converted }: { document: CreateRequest; converted: ConvertedRequest },
): CompactionPlan | undefined {
  const entry = document.context_management?.find(({ type }) => type === "compaction");
  if (entry === undefined || typeof document.input === "string") return undefined;
  const model = resolveModel(config.models, document.model);
  const threshold = entry.compact_threshold ?? describeModel(model).context * defaultShare;
  if (estimatePrompt(converted.inputsFor(model)) <= threshold) return undefined;
  const start = findNewestTurn(document.input);
  const older = document.input.slice(0, start);
  const compacted = older.findLastIndex(isCompaction);
  const hasMore = older.slice(compacted + 1).some((item) => !isFromClient(item));
  return hasMore ? { older, newest: document.input.slice(start) } : undefined;
}

/** Where the newest turn begins: the client's last items, and the assistant's turn before them whose calls they answer. */
function findNewestTurn(items: readonly JsonRecord[]): number {
  const newest = items.findLastIndex((item) => !isFromClient(item) && !isAnswer(item)) + 1;
  const answered = new Set(
    items
      .slice(newest)
      .filter(isAnswer)
      .map(({ call_id: id }) => id),
  );
  const call = items.findIndex((item) => answered.has(item["call_id"]) && !isAnswer(item));
  if (call === -1) return newest;
  const before = items.slice(0, call).findLastIndex((item) => isFromClient(item) || isAnswer(item));
  return before + 1;
}

/** What a client sends in answer to the model: it belongs to the call before it. */
function isAnswer({ type }: JsonRecord): boolean {
  return typeof type === "string" && (type.endsWith("_call_output") || type === "mcp_approval_response");
}

/**
 * Has the model write a summary of the older context and puts it into the output, as a `compaction` item: that stands for
 * all before it but the user's own words, in this Response and in those that continue it. Gives the input that is left.
 * @throws {ApiError} why there is no summary
 */
export async function* compactContext(
  { older, newest }: CompactionPlan,
  {
    call,
    document,
    builder,
    usage,
  }: { call: Call; document: CreateRequest; builder: ResponseBuilder; usage: UsageSum },
): AsyncGenerator<void, JsonRecord[]> {
  yield;
  const { config, keyName } = call;
  const summary = yield* summarize(askForSummary({ ...document, input: [...older] }), { call, usage });
  const sealer = createSealers(config.reasoningKey, keyName)?.compaction;
  // In a later turn the item stands behind the newest turn too, so it holds what was said there beside the user's words.
  const whole = [summary, ...newest.filter((item) => !isFromClient(item)).map(transcribe)].join("\n\n");
  const encrypted_content = await packCompaction(whole, sealer);
  builder
    .add((slot) => {
      const id = createItemId("cmp", { responseId: builder.id, output_index: slot.output_index });
      const item: OutputItem & { encrypted_content: string } = { id, type: "compaction", encrypted_content };
      return new OpaqueWriter(slot, item);
    })
    .close();
  yield;
  const now = { type: "compaction", encrypted_content: await packCompaction(summary, sealer) };
  return [...older, now, ...newest];
}

async function* summarize(
  document: CreateRequest,
  { call, usage }: { call: Call; usage: UsageSum },
): AsyncGenerator<void, string> {
  const { config, keyName, signal } = call;
  const { inputsFor, translation, hasImages } = await convertRequest(document, { keyName, config });
  const answer = await askModel(call, { document, inputsFor, hasImages });
  const { model } = answer;
  // Its events are nobody's: what counts is what it says.
  const builder = new ResponseBuilder(echoRequest(document, { id: "resp_summary", model, now: Date.now() }));
  const { round, ending } = yield* readRound(
    answer,
    { builder, translation, inputs: inputsFor(model) },
    { usage, signal, silenceMs: config.upstreamTimeoutMs },
  );
  if (ending.status !== "completed") throw invalidAnswer("the summary was cut off");
  const { text } = round.spoken;
  if (text.trim() === "") throw invalidAnswer("it has no summary");
  return text;
}

/** An item of the newest turn, as text. */
function transcribe(item: JsonRecord): string {
  const { type, name, arguments: given, input, output, content } = item;
  switch (type) {
    case "function_call":
    case "custom_tool_call":
      return `Called ${readText(name)}: ${readText(given) || readText(input)}`;
    case "function_call_output":
    case "custom_tool_call_output":
      return `Its result: ${typeof output === "string" ? output : JSON.stringify(output)}`;
    default:
      return textsOf(content);
  }
}

function textsOf(content: unknown): string {
  if (typeof content === "string") return content;
  return (Array.isArray(content) ? content : [])
    .filter(isRecord)
    .map(({ text }) => readText(text))
    .join("\n");
}
