/** The events of a stream, as schemas: one for each type that `src/protocol/events.ts` has. */
import * as z from "zod/mini";
import type { ResponseEvent } from "../../src/protocol/events.ts";
import { ContentPart, Item, ResponseAnswer, SummaryText } from "./answers.ts";

const place = { item_id: z.string(), output_index: z.int() };
const inContent = { ...place, content_index: z.int() };
const inSummary = { ...place, summary_index: z.int() };
const logprobs = z.readonly(z.array(z.unknown()));

/** The fields of each type beside `type` and `sequence_number`. */
const fields = {
  "response.created": { response: ResponseAnswer },
  "response.in_progress": { response: ResponseAnswer },
  "response.completed": { response: ResponseAnswer },
  "response.incomplete": { response: ResponseAnswer },
  "response.failed": { response: ResponseAnswer },
  "response.output_item.added": { output_index: z.int(), item: Item },
  "response.output_item.done": { output_index: z.int(), item: Item },
  "response.content_part.added": { ...inContent, part: ContentPart },
  "response.content_part.done": { ...inContent, part: ContentPart },
  "response.output_text.delta": { ...inContent, delta: z.string(), logprobs },
  "response.output_text.done": { ...inContent, text: z.string(), logprobs },
  "response.output_text.annotation.added": {
    ...inContent,
    annotation_index: z.int(),
    annotation: z.object({
      type: z.literal("url_citation"),
      start_index: z.int(),
      end_index: z.int(),
      url: z.string(),
      title: z.string(),
    }),
  },
  "response.refusal.delta": { ...inContent, delta: z.string() },
  "response.refusal.done": { ...inContent, refusal: z.string() },
  "response.function_call_arguments.delta": { ...place, delta: z.string() },
  "response.function_call_arguments.done": { ...place, name: z.string(), arguments: z.string() },
  "response.custom_tool_call_input.delta": { ...place, delta: z.string() },
  "response.custom_tool_call_input.done": { ...place, input: z.string() },
  "response.reasoning_summary_part.added": { ...inSummary, part: SummaryText },
  "response.reasoning_summary_part.done": { ...inSummary, part: SummaryText },
  "response.reasoning_summary_text.delta": { ...inSummary, delta: z.string() },
  "response.reasoning_summary_text.done": { ...inSummary, text: z.string() },
  "response.web_search_call.in_progress": place,
  "response.web_search_call.searching": place,
  "response.web_search_call.completed": place,
  "response.image_generation_call.in_progress": place,
  "response.image_generation_call.generating": place,
  "response.image_generation_call.completed": place,
  "response.mcp_list_tools.in_progress": place,
  "response.mcp_list_tools.completed": place,
  "response.mcp_list_tools.failed": place,
  "response.mcp_call.in_progress": place,
  "response.mcp_call_arguments.delta": { ...place, delta: z.string() },
  "response.mcp_call_arguments.done": { ...place, arguments: z.string() },
  "response.mcp_call.completed": place,
  "response.mcp_call.failed": place,
  error: {
    error: z.object({ type: z.string(), code: z.string(), message: z.string(), param: z.string() }),
    code: z.string(),
    message: z.string(),
    param: z.string(),
  },
} satisfies Record<ResponseEvent["type"], z.core.$ZodLooseShape>;

type Fields = typeof fields;

type EventOf<Type, Event = ResponseEvent> = Event extends { type: infer Types }
  ? Type extends Types
    ? Event
    : never
  : never;

/** The types whose events have fields that are not described here. */
type Misfits = {
  [Type in keyof Fields]: Omit<EventOf<Type>, "response"> extends Omit<
    z.infer<z.ZodMiniObject<Fields[Type]>>,
    "response"
  >
    ? never
    : Type;
}[keyof Fields];

/** @public Never imported: it compiles only while there are no misfits. */
export const eventsFit: [Misfits] extends [never] ? true : Misfits = true;

/** `response.output_text.delta` becomes `ResponseOutputTextDeltaEvent`. */
function nameOf(type: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Event`;
}

/** A schema of each event, by the name it has in the document. */
export const eventSchemas: Readonly<Record<string, z.ZodMiniType>> = Object.fromEntries(
  Object.entries(fields).map(([type, shape]) => [
    nameOf(type),
    z.object({ type: z.literal(type), ...shape, sequence_number: z.int() }),
  ]),
);

/** Which schema each event type has. */
export const eventNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(fields).map((type) => [type, nameOf(type)]),
);

/** An event as upstream sends it in native mode. */
export const NativeStreamEvent = z.looseObject({ type: z.string(), sequence_number: z.optional(z.int()) });
