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

/**
 * Items that record what a hosted tool did, or that steer OpenAI's own server: a model of Workers AI has no use for them.
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
  "image_generation_call",
  "local_shell_call",
  "local_shell_call_output",
  "mcp_approval_request",
  "mcp_approval_response",
  "mcp_call",
  "mcp_list_tools",
  "program",
  "program_output",
  "shell_call",
  "shell_call_output",
  "tool_search_call",
  "tool_search_output",
  "web_search_call",
]);

const usedItemTypes: ReadonlyMap<string, z.core.$ZodType> = new Map<string, z.core.$ZodType>([
  // A message without content says nothing: not worth storing.
  ["message", z.looseObject({ ...MessageInput.shape, content: AnyContent })],
  ["reasoning", ReasoningInput],
  ["function_call", FunctionCallInput],
  ["custom_tool_call", CustomCallInput],
  ["function_call_output", CallOutputInput],
  ["custom_tool_call_output", CallOutputInput],
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
