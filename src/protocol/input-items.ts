import * as z from "zod/mini";
import { isRecord, type JsonRecord } from "./json.ts";
import { listOf, rule } from "./schema-rules.ts";

/** Most content parts of one item. */
const mostParts = 5_000;

const optionalText = z.nullish(z.string());

/** Content parts whose text is in `text`. */
const textParts: ReadonlySet<string> = new Set(["input_text", "output_text", "text", "summary_text", "reasoning_text"]);

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

/** One part of an item's content. A part of text has its text. */
const ContentPart = z
  .looseObject({ type: z.enum(partTypes), text: optionalText, refusal: optionalText, filename: optionalText })
  .check(
    rule(({ type, text, refusal }) => {
      const field = textParts.has(type) ? "text" : "refusal";
      const value = field === "text" ? text : refusal;
      if (typeof value === "string" || (field === "refusal" && type !== "refusal")) return undefined;
      return {
        code: "missing_required_parameter",
        path: [field],
        message: `A part of type ${type} needs its \`${field}\`.`,
      };
    }),
  );

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

/** What ties a call to its output: the id of either kind. */
const callIdentity = { id: optionalText, call_id: optionalText };

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
  "additional_tools",
  "apply_patch_call",
  "apply_patch_call_output",
  "code_interpreter_call",
  "compaction_trigger",
  "computer_call",
  "computer_call_output",
  "configuration_update",
  "file_search_call",
  "local_shell_call",
  "local_shell_call_output",
  "program",
  "program_output",
  "shell_call",
  "shell_call_output",
  "tool_search_call",
  "tool_search_output",
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
  ["compaction", CompactionInput],
  ["compaction_summary", CompactionInput],
]);

/** The type of an input item: an object with a role and no type is a message. */
export function typeOfItem({ type = null, role = null }: JsonRecord): unknown {
  return type ?? (role === null ? undefined : "message");
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
