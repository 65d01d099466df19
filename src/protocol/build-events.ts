/**
 * The only place where events take shape: what opens, grows and closes a Response, an item, a part.
 * Pure, and a leaf: the replay of a whole answer and the translation of a live one both compose these.
 *
 *   created, in_progress
 *     output_item.added
 *       content_part.added    delta …   output_text.done, content_part.done
 *     output_item.done
 *   completed | incomplete | failed
 */
import type {
  CustomToolCallItem,
  FunctionCallItem,
  MessageItem,
  OutputItem,
  OutputTextPart,
  ReasoningItem,
  RefusalPart,
  ResponseEvent,
  ResponseObject,
} from "./events.ts";

/** Which item an event belongs to. */
export interface ItemPlace {
  item_id: string;
  output_index: number;
}

/** Which content part an event belongs to. */
export interface ContentPlace extends ItemPlace {
  content_index: number;
}

/** Which part of a reasoning summary an event belongs to. */
export interface SummaryPlace extends ItemPlace {
  summary_index: number;
}

/** Opens the stream. Takes the Response in whatever state: what is not known at the start is emptied. */
export function openResponse(response: ResponseObject): ResponseEvent[] {
  const opened: ResponseObject = {
    ...response,
    status: "in_progress",
    completed_at: null,
    error: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
  return [
    { type: "response.created", response: opened },
    { type: "response.in_progress", response: opened },
  ];
}

/** Ends the stream with the event that the Response's status calls for. A Response that has not ended is a failure. */
export function closeResponse(response: ResponseObject): ResponseEvent {
  switch (response.status) {
    case "completed":
      return { type: "response.completed", response };
    case "incomplete":
      return { type: "response.incomplete", response };
    default:
      return { type: "response.failed", response: { ...response, status: "failed" } };
  }
}

/** Announces a failure. It goes before `response.failed`: Codex ignores a bare error, openai-node throws at it. */
export function announceError(error: { type: string; code: string; message: string; param: string }): ResponseEvent {
  return { type: "error", error, code: error.code, message: error.message, param: error.param };
}

export function openMessage(output_index: number, item: MessageItem): ResponseEvent {
  const opened: MessageItem = { ...item, status: "in_progress", content: [] };
  return { type: "response.output_item.added", output_index, item: opened };
}

/**
 * Reasoning text travels whole, in the item. There are no reasoning text deltas: OpenAI and Open Responses name them
 * differently, and a client that knows one name fails on the other.
 */
export function openReasoning(output_index: number, item: ReasoningItem): ResponseEvent {
  const { encrypted_content: _known, ...rest } = item;
  const opened: ReasoningItem = { ...rest, status: "in_progress", summary: [], content: [] };
  return { type: "response.output_item.added", output_index, item: opened };
}

export function openFunctionCall(output_index: number, item: FunctionCallItem): ResponseEvent {
  const opened: FunctionCallItem = { ...item, status: "in_progress", arguments: "" };
  return { type: "response.output_item.added", output_index, item: opened };
}

export function openCustomToolCall(output_index: number, item: CustomToolCallItem): ResponseEvent {
  const opened: CustomToolCallItem = { ...item, status: "in_progress", input: "" };
  return { type: "response.output_item.added", output_index, item: opened };
}

/** Closes any item: the event carries it whole. */
export function closeItem(output_index: number, item: OutputItem): ResponseEvent {
  return { type: "response.output_item.done", output_index, item };
}

export function openText(place: ContentPlace): ResponseEvent {
  const part: OutputTextPart = { type: "output_text", text: "", annotations: [], logprobs: [] };
  return { type: "response.content_part.added", ...place, part };
}

export function growText(place: ContentPlace, delta: string, logprobs: readonly unknown[] = []): ResponseEvent {
  return { type: "response.output_text.delta", ...place, delta, logprobs };
}

export function closeText(place: ContentPlace, part: OutputTextPart): ResponseEvent[] {
  return [
    { type: "response.output_text.done", ...place, text: part.text, logprobs: part.logprobs },
    { type: "response.content_part.done", ...place, part },
  ];
}

export function openRefusal(place: ContentPlace): ResponseEvent {
  return { type: "response.content_part.added", ...place, part: { type: "refusal", refusal: "" } };
}

export function growRefusal(place: ContentPlace, delta: string): ResponseEvent {
  return { type: "response.refusal.delta", ...place, delta };
}

export function closeRefusal(place: ContentPlace, part: RefusalPart): ResponseEvent[] {
  return [
    { type: "response.refusal.done", ...place, refusal: part.refusal },
    { type: "response.content_part.done", ...place, part },
  ];
}

export function openSummary(place: SummaryPlace): ResponseEvent {
  return { type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } };
}

export function growSummary(place: SummaryPlace, delta: string): ResponseEvent {
  return { type: "response.reasoning_summary_text.delta", ...place, delta };
}

export function closeSummary(place: SummaryPlace, text: string): ResponseEvent[] {
  return [
    { type: "response.reasoning_summary_text.done", ...place, text },
    { type: "response.reasoning_summary_part.done", ...place, part: { type: "summary_text", text } },
  ];
}

export function growArguments(place: ItemPlace, delta: string): ResponseEvent {
  return { type: "response.function_call_arguments.delta", ...place, delta };
}

export function closeArguments(place: ItemPlace, call: FunctionCallItem): ResponseEvent {
  return { type: "response.function_call_arguments.done", ...place, name: call.name, arguments: call.arguments };
}

export function growInput(place: ItemPlace, delta: string): ResponseEvent {
  return { type: "response.custom_tool_call_input.delta", ...place, delta };
}

export function closeInput(place: ItemPlace, call: CustomToolCallItem): ResponseEvent {
  return { type: "response.custom_tool_call_input.done", ...place, input: call.input };
}
