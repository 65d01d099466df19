import { hashId, type Call } from "./call-ids.ts";
import type { Answer, Part } from "./compose-answer.ts";
import type { JsonObject } from "./json-object.ts";
import type { Frame } from "./pace-stream.ts";
import type { ModelRequest } from "./read-request.ts";
import {
  callItem,
  finalItemId,
  itemId,
  messageItem,
  reasoningItem,
  reasoningPart,
  responseBody,
  startedBody,
  textPart,
} from "./responses-wire.ts";

interface WireEvent {
  type: string;
  fields: JsonObject;
  paced?: true;
}

/**
 * Whose stream it is. `vllm`: event for event as gpt-oss-20b on vLLM writes it, oddities kept: a reasoning item's id begins with `msg_`,
 * `content_index` counts on over the items, the reasoning part has events of its own name, and the final object has other item ids.
 * `openai`: the same stream without these oddities, which strict clients refuse.
 */
export type Dialect = "openai" | "vllm";

/** The Responses branch's event stream. In neither dialect does anything follow the last event. */
export function responseFrames({
  request,
  answer,
  call,
  dialect,
}: {
  request: ModelRequest;
  answer: Answer;
  call: Call;
  dialect: Dialect;
}): Frame[] {
  const started = startedBody(request, call);
  const events: WireEvent[] = [
    { type: "response.created", fields: { response: started } },
    { type: "response.in_progress", fields: { response: started } },
    ...answer.parts.flatMap((part, index) => partEvents(answer, part, { index, call, dialect })),
    {
      type: answer.truncated ? "response.incomplete" : "response.completed",
      fields: { response: responseBody({ request, answer, call, itemId: dialect === "vllm" ? finalItemId : itemId }) },
    },
  ];
  return events.map(({ type, fields, paced }, sequence) => ({
    text: `event: ${type}\ndata: ${writeSorted({ ...fields, sequence_number: sequence, type })}\n\n`,
    paced: paced ?? false,
  }));
}

/** Writes an event with its own fields in alphabetical order, as recorded. */
function writeSorted(event: JsonObject): string {
  const sorted = Object.entries(event).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

interface Place {
  index: number;
  call: Call;
  dialect: Dialect;
}

function partEvents(answer: Answer, part: Part, place: Place): WireEvent[] {
  const status = answer.truncated && place.index === answer.parts.length - 1 ? "incomplete" : "completed";
  switch (part.kind) {
    case "reasoning":
      return reasoningEvents(part, place);
    case "message":
      return messageEvents(part, place, status);
    case "call":
      return callEvents(part, place, status);
    default:
      return part satisfies never;
  }
}

function reasoningEvents(part: Part, { index, call, dialect }: Place): WireEvent[] {
  const vllm = dialect === "vllm";
  const id = vllm ? `msg_${hashId(call, `item-${index}`)}` : itemId(part, index, call);
  const partType = vllm ? "response.reasoning_part" : "response.content_part";
  const contentIndex = vllm ? index : 0;
  const at = { content_index: contentIndex, item_id: id, output_index: index };
  const text = part.tokens.join("");
  const opened = { ...reasoningItem(part, id, null), content: null, status: "in_progress" };
  return [
    { type: "response.output_item.added", fields: { item: opened, output_index: index } },
    { type: `${partType}.added`, fields: { ...at, part: reasoningPart("") } },
    ...part.tokens.map((delta): WireEvent => ({
      type: "response.reasoning_text.delta",
      fields: { content_index: contentIndex, delta, item_id: id, output_index: index },
      paced: true,
    })),
    { type: "response.reasoning_text.done", fields: { ...at, text } },
    { type: `${partType}.done`, fields: { ...at, part: reasoningPart(text) } },
    { type: "response.output_item.done", fields: { item: reasoningItem(part, id, "completed"), output_index: index } },
  ];
}

function messageEvents(part: Part, { index, call, dialect }: Place, status: "completed" | "incomplete"): WireEvent[] {
  const id = itemId(part, index, call);
  const contentIndex = dialect === "vllm" ? index : 0;
  const at = { content_index: contentIndex, item_id: id, output_index: index };
  const text = part.tokens.join("");
  const opened = { ...messageItem(part, id, status), content: [], status: "in_progress" };
  return [
    { type: "response.output_item.added", fields: { item: opened, output_index: index } },
    { type: "response.content_part.added", fields: { ...at, part: textPart("", []) } },
    ...part.tokens.map((delta): WireEvent => ({
      type: "response.output_text.delta",
      fields: { content_index: contentIndex, delta, item_id: id, logprobs: [], output_index: index },
      paced: true,
    })),
    {
      type: "response.output_text.done",
      fields: { content_index: contentIndex, item_id: id, logprobs: [], output_index: index, text },
    },
    { type: "response.content_part.done", fields: { ...at, part: textPart(text, null) } },
    { type: "response.output_item.done", fields: { item: messageItem(part, id, status), output_index: index } },
  ];
}

function callEvents(
  part: Extract<Part, { kind: "call" }>,
  { index, call }: Place,
  status: "completed" | "incomplete",
): WireEvent[] {
  const item = callItem({ part, index, call, status });
  const at = { item_id: item["id"], output_index: index };
  const opened = callItem({ part: { name: part.name, tokens: [] }, index, call, status: "in_progress" });
  return [
    { type: "response.output_item.added", fields: { item: opened, output_index: index } },
    ...part.tokens.map((delta): WireEvent => ({
      type: "response.function_call_arguments.delta",
      fields: { delta, ...at },
      paced: true,
    })),
    {
      type: "response.function_call_arguments.done",
      fields: { arguments: item["arguments"], item_id: item["id"], name: part.name, output_index: index },
    },
    { type: "response.output_item.done", fields: { item, output_index: index } },
  ];
}
