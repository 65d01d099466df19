import * as z from "zod/mini";
import { clientRunItemTypes } from "./client-run-items.ts";
import { isRecord, type JsonRecord } from "./json.ts";
import { callIdentity, type Finding, listOf, optionalText, rule } from "./schema-rules.ts";

/** Most content parts of one item. */
const mostParts = 5_000;

/** Every type of content part that is read (openai-node 7.57, `ResponseInputContent` and the parts of output items). */
const partTypes = [
  "input_text",
  "output_text",
  "text",
  "summary_text",
  "reasoning_text",
  "refusal",
  "input_image",
  "computer_screenshot",
  "input_file",
  "input_audio",
  "input_video",
] as const;

/** Where the fields of a part of each of these types say what is to be read: the first is the usual one. */
const sources = {
  input_image: ["image_url"],
  computer_screenshot: ["image_url"],
  input_file: ["file_data", "file_url"],
} as const;

/** One part of an item's content. A part of text has its text, any other one source of what is to be read. */
export const ContentPart = z
  .looseObject({
    type: z.enum(partTypes),
    text: optionalText,
    refusal: optionalText,
    filename: optionalText,
    image_url: optionalText,
    detail: optionalText,
    file_data: optionalText,
    file_url: optionalText,
    file_id: optionalText,
    input_audio: z.nullish(z.looseObject({ data: z.string(), format: z.string() })),
  })
  .check(rule(findMistake));

interface PartFields {
  type: (typeof partTypes)[number];
  text?: string | null | undefined;
  refusal?: string | null | undefined;
  image_url?: string | null | undefined;
  file_data?: string | null | undefined;
  file_url?: string | null | undefined;
  file_id?: string | null | undefined;
  input_audio?: object | null | undefined;
}

function findMistake(part: PartFields): Finding | undefined {
  const { type, text, refusal } = part;
  switch (type) {
    case "input_image":
    case "computer_screenshot":
    case "input_file":
      return findSourceMistake(part, sources[type]);
    case "input_audio":
      return part.input_audio ? undefined : missingField(type, "input_audio");
    case "input_video":
      return {
        code: "unsupported_input",
        path: ["type"],
        message: "No model here takes videos. Send images of it, or its sound as `input_audio`.",
      };
    case "refusal":
      return typeof refusal === "string" ? undefined : missingField(type, "refusal");
    case "input_text":
    case "output_text":
    case "text":
    case "summary_text":
    case "reasoning_text":
      return typeof text === "string" ? undefined : missingField(type, "text");
    default:
      return type satisfies never;
  }
}

/** An empty source is one: it is refused as what it is, an empty file. */
function findSourceMistake(
  part: PartFields,
  fields: readonly ["image_url"] | readonly ["file_data", "file_url"],
): Finding | undefined {
  const [usual] = fields;
  const given = fields.filter((field) => typeof part[field] === "string");
  if (given.length === 1) return undefined;
  if (given.length > 1) {
    return {
      code: "mutually_exclusive_parameters",
      path: ["file_url"],
      message: "A part of type input_file has `file_data` or `file_url`, not both. Leave one out.",
    };
  }
  if (!part.file_id) return missingField(part.type, usual);
  return {
    code: "unsupported_parameter",
    path: ["file_id"],
    message: `This Worker has no files API, so no \`file_id\` leads to a file. Send the content itself in \`${usual}\`.`,
  };
}

function missingField(type: string, field: string): Finding {
  return {
    code: "missing_required_parameter",
    path: [field],
    message: `A part of type ${type} needs its \`${field}\`.`,
  };
}

export type ContentPart = z.infer<typeof ContentPart>;

const AnyContent = z.union([z.string(), listOf(z.union([z.string(), ContentPart]), mostParts, "content")]);

/** Text, or parts. Absent content is no text. */
export const Content = z.nullish(AnyContent);

export type Content = z.infer<typeof Content>;

export const MessageInput = z.looseObject({
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: Content,
});

export type MessageInput = z.infer<typeof MessageInput>;

export const ReasoningInput = z.looseObject({ content: Content, summary: Content, encrypted_content: optionalText });

export type ReasoningInput = z.infer<typeof ReasoningInput>;

export const CompactionInput = z.looseObject({ encrypted_content: optionalText });

export type CompactionInput = z.infer<typeof CompactionInput>;

/** A call of a function. Some clients send the arguments as the object they are. */
export const FunctionCallInput = z.looseObject({
  ...callIdentity,
  name: z.string(),
  namespace: optionalText,
  arguments: z.nullish(z.union([z.string(), z.looseObject({})])),
});

export const CustomCallInput = z.looseObject({
  ...callIdentity,
  name: z.string(),
  namespace: optionalText,
  input: z.string(),
});

export const CallOutputInput = z.looseObject({
  ...callIdentity,
  output: z.union([z.string(), listOf(z.union([z.string(), ContentPart]), mostParts, "output")]),
});

export type CallOutputInput = z.infer<typeof CallOutputInput>;

/** A call of a hosted tool. What it did is in `action`; what it found is only there where the client asked for it. */
export const SearchCallInput = z.looseObject({
  id: optionalText,
  action: z.nullish(z.looseObject({ type: optionalText, query: optionalText, url: optionalText })),
});

export type SearchCallInput = z.infer<typeof SearchCallInput>;

export const ImageCallInput = z.looseObject({ id: optionalText, status: optionalText, revised_prompt: optionalText });

export type ImageCallInput = z.infer<typeof ImageCallInput>;

export const McpListingInput = z.looseObject({ server_label: z.string() });

export const McpCallInput = z.looseObject({
  id: optionalText,
  server_label: z.string(),
  name: z.string(),
  arguments: optionalText,
  output: optionalText,
});

export type McpCallInput = z.infer<typeof McpCallInput>;

export const ApprovalRequestInput = z.looseObject({
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  arguments: z.string(),
});

export type ApprovalRequestInput = z.infer<typeof ApprovalRequestInput>;

export const ApprovalResponseInput = z.looseObject({
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: optionalText,
});

export type ApprovalResponseInput = z.infer<typeof ApprovalResponseInput>;
/**
 * Items that record what a tool of OpenAI's did, or that steer OpenAI's own server: a model of Workers AI has no use for them.
 */
export const unusedItemTypes: ReadonlySet<string> = new Set([
  "code_interpreter_call",
  "compaction_trigger",
  "computer_call",
  "computer_call_output",
  "configuration_update",
  "file_search_call",
  "program",
  "program_output",
]);

const usedItemTypes: ReadonlyMap<string, z.core.$ZodType> = new Map<string, z.core.$ZodType>([
  // A message without content says nothing: not worth storing.
  ["message", z.looseObject({ ...MessageInput.shape, content: AnyContent })],
  ["reasoning", ReasoningInput],
  ["function_call", FunctionCallInput],
  ["custom_tool_call", CustomCallInput],
  ["function_call_output", CallOutputInput],
  ["custom_tool_call_output", CallOutputInput],
  ["web_search_call", SearchCallInput],
  ["image_generation_call", ImageCallInput],
  ["mcp_list_tools", McpListingInput],
  ["mcp_call", McpCallInput],
  ["mcp_approval_request", ApprovalRequestInput],
  ["mcp_approval_response", ApprovalResponseInput],
  ...clientRunItemTypes,
  ["compaction", CompactionInput],
  ["compaction_summary", CompactionInput],
]);

/** The type of an input item: an object with a role and no type is a message. */
export function typeOfItem({ type = null, role = null }: JsonRecord): unknown {
  return type ?? (role === null ? undefined : "message");
}

/** Whether an item stands for all that came before it. `compaction_summary` is a name that Codex also takes for it. */
export function isCompaction({ type }: JsonRecord): boolean {
  return type === "compaction" || type === "compaction_summary";
}

/** Whether an item is a message of the client's: of the user, or an instruction. A compaction leaves these as they are. */
export function isFromClient(item: JsonRecord): boolean {
  return typeOfItem(item) === "message" && item["role"] !== "assistant";
}

/** What an item of this type has to be; undefined for a type that is not known. */
export function schemaOfItem(type: unknown): z.core.$ZodType | undefined {
  if (typeof type !== "string") return undefined;
  return usedItemTypes.get(type) ?? (unusedItemTypes.has(type) ? z.looseObject({}) : undefined);
}

/**
 * Whether an input item stands for another, by its id. Its type may be left out
 * (github.com/openai/openai-openapi, `ItemReferenceParam`): an item that is an id and nothing else is a reference.
 */
export function isReference(item: unknown): item is JsonRecord {
  if (!isRecord(item)) return false;
  const { type = null, id, ...others } = item;
  if (type === "item_reference") return true;
  return type === null && typeof id === "string" && Object.keys(others).length === 0;
}
