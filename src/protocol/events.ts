/**
 * The Responses API's wire model: items, content parts, the Response object, and the events of a stream.
 * Types, and the one function that numbers events. Only event types that openai-node's accumulator knows:
 * it throws on any other.
 */

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export interface OutputTextPart {
  type: "output_text";
  text: string;
  annotations: readonly unknown[];
  logprobs: readonly unknown[];
}

export interface RefusalPart {
  type: "refusal";
  refusal: string;
}

/** A part whose type has no deltas of its own: it is added and done as it is. */
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

/** An item of a type this Worker knows nothing about, such as `web_search_call`: added and done as it is. */
export interface OpaqueItem {
  id: string;
  type: string;
}

export type OutputItem = MessageItem | ReasoningItem | FunctionCallItem | CustomToolCallItem | OpaqueItem;

export interface Usage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

export interface ResponseError {
  code: string;
  message: string;
}

export type ResponseStatus = "in_progress" | "completed" | "incomplete" | "failed";

/** A Response: the fields a stream changes by name, the ones that echo the request (and upstream's extras) by key. */
export interface ResponseObject {
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

/** Any event of a stream, before it has its number. */
export type ResponseEvent =
  | {
      type:
        | "response.created"
        | "response.in_progress"
        | "response.completed"
        | "response.incomplete"
        | "response.failed";
      response: ResponseObject;
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
  | {
      type: "error";
      /** Open Responses and openai-node read the nested error, OpenAI's published event schema has the flat fields. */
      error: { type: string; code: string; message: string; param: string };
      code: string;
      message: string;
      param: string;
    };

export type StampedEvent = ResponseEvent & { sequence_number: number };

/** Makes the function that numbers the events of one stream: 0, 1, 2, … with no gap. */
export function createStamp(): (event: ResponseEvent) => StampedEvent {
  let next = 0;
  return (event) => ({ ...event, sequence_number: next++ });
}
