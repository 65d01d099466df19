/**
 * The Responses API's wire model: items, content parts, the Response, and the events of a stream. Types only.
 * Only event types that openai-node's accumulator knows: it throws on any other.
 */
import type { HostedItem } from "./hosted-items.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export interface OutputTextPart {
  type: "output_text";
  text: string;
  annotations: readonly unknown[];
  logprobs: readonly unknown[];
}

/** A citation of a web page in a text (github.com/openai/openai-openapi, `UrlCitationBody`): indices are UTF-16 units. */
export interface UrlCitation {
  type: "url_citation";
  start_index: number;
  end_index: number;
  url: string;
  title: string;
}

export interface RefusalPart {
  type: "refusal";
  refusal: string;
}

/** A part of any other type: it has no deltas of its own. */
export interface OpaquePart {
  type: string;
}

export interface ReasoningTextPart {
  type: "reasoning_text";
  text: string;
}

export interface SummaryTextPart {
  type: "summary_text";
  text: string;
}

export interface MessageItem {
  id: string;
  type: "message";
  role: "assistant";
  status: ItemStatus;
  content: readonly (OutputTextPart | RefusalPart | OpaquePart)[];
}

export interface ReasoningItem {
  id: string;
  type: "reasoning";
  status: ItemStatus;
  summary: readonly SummaryTextPart[];
  content: readonly ReasoningTextPart[];
  /** Written when the item is done. */
  encrypted_content?: string;
}

export interface FunctionCallItem {
  id: string;
  type: "function_call";
  status: ItemStatus;
  call_id: string;
  name: string;
  arguments: string;
  /** The `namespace` tool that the function came from. */
  namespace?: string;
}

export interface CustomToolCallItem {
  id: string;
  type: "custom_tool_call";
  status: ItemStatus;
  call_id: string;
  name: string;
  input: string;
  namespace?: string;
}

/** An item of any other type: it has no deltas of its own. */
export interface OpaqueItem {
  id: string;
  type: string;
}

export type OutputItem = HostedItem | MessageItem | ReasoningItem | FunctionCallItem | CustomToolCallItem | OpaqueItem;

export interface Usage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

export interface ResponseError {
  code: string;
  message: string;
}

export type ResponseStatus = "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

/** A Response. Fields that a stream changes are named; those that echo the request, and upstream's extras, are by key. */
export interface ResponseResource {
  [key: string]: unknown;
  id: string;
  object: "response";
  created_at: number;
  completed_at: number | null;
  status: ResponseStatus;
  error: ResponseError | null;
  incomplete_details: { reason: string } | null;
  model: string;
  output: readonly OutputItem[];
  usage: Usage | null;
}

interface InItem {
  item_id: string;
  output_index: number;
}

interface InContent extends InItem {
  content_index: number;
}

interface InSummary extends InItem {
  summary_index: number;
}

/** Any event of a stream, without its number. */
export type EventBody =
  | {
      type:
        | "response.created"
        | "response.in_progress"
        | "response.completed"
        | "response.incomplete"
        | "response.failed";
      response: ResponseResource;
    }
  | { type: "response.output_item.added" | "response.output_item.done"; output_index: number; item: OutputItem }
  | ({
      type: "response.content_part.added" | "response.content_part.done";
      part: OutputTextPart | RefusalPart | OpaquePart;
    } & InContent)
  | ({ type: "response.output_text.delta"; delta: string; logprobs: readonly unknown[] } & InContent)
  | ({ type: "response.output_text.done"; text: string; logprobs: readonly unknown[] } & InContent)
  | ({ type: "response.refusal.delta"; delta: string } & InContent)
  | ({ type: "response.refusal.done"; refusal: string } & InContent)
  | ({ type: "response.function_call_arguments.delta"; delta: string } & InItem)
  | ({ type: "response.function_call_arguments.done"; name: string; arguments: string } & InItem)
  | ({ type: "response.custom_tool_call_input.delta"; delta: string } & InItem)
  | ({ type: "response.custom_tool_call_input.done"; input: string } & InItem)
  | ({
      type: "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done";
      part: SummaryTextPart;
    } & InSummary)
  | ({ type: "response.reasoning_summary_text.delta"; delta: string } & InSummary)
  | ({ type: "response.reasoning_summary_text.done"; text: string } & InSummary)
  | ({
      type:
        | "response.web_search_call.in_progress"
        | "response.web_search_call.searching"
        | "response.web_search_call.completed"
        | "response.mcp_list_tools.in_progress"
        | "response.mcp_list_tools.completed"
        | "response.mcp_list_tools.failed"
        | "response.mcp_call.in_progress"
        | "response.mcp_call.completed"
        | "response.mcp_call.failed"
        | "response.image_generation_call.in_progress"
        | "response.image_generation_call.generating"
        | "response.image_generation_call.completed";
    } & InItem)
  | ({ type: "response.mcp_call_arguments.delta"; delta: string } & InItem)
  | ({ type: "response.mcp_call_arguments.done"; arguments: string } & InItem)
  | ({ type: "response.output_text.annotation.added"; annotation: UrlCitation; annotation_index: number } & InContent)
  | {
      type: "error";
      /** Open Responses and openai-node read the nested error, OpenAI's published event schema has the flat fields. */
      error: { type: string; code: string; message: string; param: string };
      code: string;
      message: string;
      param: string;
    };

/** Any event of a stream. Numbers run from 0 with no gap. */
export type ResponseEvent = EventBody & { sequence_number: number };

/** The events that end a stream. */
export type TerminalEvent = ResponseEvent & {
  type: "response.completed" | "response.incomplete" | "response.failed";
  response: ResponseResource;
};

/** Whether an event of this type ends its stream. */
export function isTerminalType(type: string): boolean {
  return type === "response.completed" || type === "response.incomplete" || type === "response.failed";
}

/** Whether this event ends its stream. */
export function isTerminal(event: ResponseEvent): event is TerminalEvent {
  return isTerminalType(event.type);
}

/** Whether an item is reasoning. */
export function isReasoning(item: OutputItem): item is ReasoningItem {
  return item.type === "reasoning";
}
