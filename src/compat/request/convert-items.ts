import { invalidRequest } from "../../errors.ts";
import { renderPath } from "../../protocol/map-issue.ts";
import { type JsonRecord, isRecord, readText } from "../../protocol/read-value.ts";
import type { ChatMessage } from "../chat-inputs.ts";
import type { OfferedTool } from "../translation.ts";
import type { Warnings } from "../warnings.ts";
import { MessageBuilder } from "./build-messages.ts";
import { convertContent, wrongKind } from "./convert-content.ts";
import { findOfferedName } from "./convert-tools.ts";

/** What items are converted with. */
export interface ItemContext {
  /** Every tool of the request, by its offered name. */
  tools: ReadonlyMap<string, OfferedTool>;
  /** Opens the `encrypted_content` of a reasoning item; `undefined` when it doesn't open. */
  openReasoning: (sealed: string) => Promise<string | undefined>;
  /** The same for a compaction item. */
  openCompaction: (packed: string) => Promise<string | undefined>;
  warnings: Warnings;
}

/** Items that record what a hosted tool did, or that steer OpenAI's own server: the model has no use for them. */
const leftOutTypes: ReadonlySet<string> = new Set([
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

/**
 * Turns instructions and input items into chat messages.
 * @throws {ApiError} 400 that names the first item it can't take
 */
export async function convertItems(
  { instructions, input }: { instructions: readonly string[]; input: string | readonly JsonRecord[] },
  context: ItemContext,
): Promise<ChatMessage[]> {
  const builder = new MessageBuilder();
  for (const text of instructions) builder.addMessage("system", text);
  if (typeof input === "string") builder.addMessage("user", input);
  else for (const [index, item] of input.entries()) await addItem(builder, item, ["input", index], context);
  return builder.build();
}

async function addItem(
  builder: MessageBuilder,
  item: JsonRecord,
  path: readonly PropertyKey[],
  context: ItemContext,
): Promise<void> {
  const type = item["type"] ?? (item["role"] === undefined ? undefined : "message");
  switch (type) {
    case "message":
      addMessage(builder, item, path, context.warnings);
      return;
    case "reasoning":
      builder.addReasoning(await readReasoning(item, path, context));
      return;
    case "function_call":
    case "custom_tool_call":
      addCall(builder, item, path, context.tools);
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      addOutput(builder, item, path, context.warnings);
      return;
    case "compaction":
    case "compaction_summary":
      builder.addMessage("user", await readCompaction(item, path, context));
      return;
    default:
      if (typeof type !== "string" || !leftOutTypes.has(type)) throw unknownItem(type, path);
      context.warnings.add(`The model has no use for items of type ${type}: they were left out.`);
  }
}

function addMessage(builder: MessageBuilder, item: JsonRecord, path: readonly PropertyKey[], warnings: Warnings): void {
  const content = convertContent(item["content"], [...path, "content"], warnings);
  const { role } = item;
  switch (role) {
    case "assistant":
      builder.addText(content);
      return;
    case "user":
      builder.addMessage("user", content);
      return;
    case "system":
    case "developer":
      // Models other than gpt-oss know no developer.
      builder.addMessage("system", content);
      return;
    default: {
      const param = renderPath([...path, "role"]);
      throw invalidRequest({
        code: "invalid_value",
        param,
        message: `The field \`${param}\` must be one of: user, assistant, system, developer.`,
      });
    }
  }
}

/** The fullest of the texts a reasoning item carries: its content, what is sealed in it, its summary. */
async function readReasoning(item: JsonRecord, path: readonly PropertyKey[], context: ItemContext): Promise<string> {
  const content = convertContent(item["content"], [...path, "content"], context.warnings);
  if (content !== "") return content;
  const sealed = readText(item["encrypted_content"]);
  const opened = sealed === "" ? undefined : await context.openReasoning(sealed);
  if (sealed !== "" && opened === undefined) {
    context.warnings.add("Encrypted reasoning that this Worker didn't seal for this key was left out.");
  }
  return opened ?? convertContent(item["summary"], [...path, "summary"], context.warnings);
}

/** Tells the model what the text of a compaction item is. */
const summaryHeading = "Summary of the conversation before this point:";

/**
 * A compaction item stands for all that came before it.
 * @throws {ApiError} 400 when it doesn't open: without it the model would answer as if nothing had been said
 */
async function readCompaction(item: JsonRecord, path: readonly PropertyKey[], context: ItemContext): Promise<string> {
  const opened = await context.openCompaction(readText(item["encrypted_content"]));
  if (opened !== undefined) return `${summaryHeading}\n\n${opened}`;
  const param = renderPath([...path, "encrypted_content"]);
  throw invalidRequest({
    code: "invalid_encrypted_content",
    param,
    message: `The compaction in \`${param}\` was not made by this Worker for this key. Send the conversation itself.`,
  });
}

function addCall(
  builder: MessageBuilder,
  item: JsonRecord,
  path: readonly PropertyKey[],
  tools: ItemContext["tools"],
): void {
  const kind = item["type"] === "function_call" ? "function" : "custom";
  const { name, namespace } = item;
  if (typeof name !== "string") throw wrongKind([...path, "name"], "a string");
  const tool: OfferedTool = { kind, name, ...(typeof namespace === "string" && { namespace }) };
  builder.addCall({
    id: readCallId(item, path),
    type: "function",
    function: {
      name: findOfferedName(tools, tool),
      arguments: kind === "function" ? readArguments(item, path) : writeInput(item, path),
    },
  });
}

/** Some templates parse the arguments of a call, so a call without any gets an empty object. */
function readArguments(item: JsonRecord, path: readonly PropertyKey[]): string {
  const { arguments: given } = item;
  if (given === undefined || given === null || given === "") return "{}";
  if (isRecord(given)) return JSON.stringify(given);
  if (typeof given !== "string") throw wrongKind([...path, "arguments"], "a string of JSON");
  return given;
}

function writeInput(item: JsonRecord, path: readonly PropertyKey[]): string {
  const { input } = item;
  if (typeof input !== "string") throw wrongKind([...path, "input"], "a string");
  return JSON.stringify({ input });
}

function addOutput(builder: MessageBuilder, item: JsonRecord, path: readonly PropertyKey[], warnings: Warnings): void {
  const id = readCallId(item, path);
  if (!builder.hasCall(id)) {
    const param = renderPath([...path, "call_id"]);
    throw invalidRequest({
      code: "invalid_value",
      param,
      message: `No tool call before this item has the \`call_id\` in \`${param}\`. Send the call with its output.`,
    });
  }
  const { output } = item;
  if (output === undefined || output === null) throw wrongKind([...path, "output"], "a string or an array of parts");
  builder.addOutput(id, convertContent(output, [...path, "output"], warnings));
}

function readCallId(item: JsonRecord, path: readonly PropertyKey[]): string {
  const id = readText(item["call_id"]) || readText(item["id"]);
  if (id === "") throw wrongKind([...path, "call_id"], "a string that is not empty");
  return id;
}

function unknownItem(type: unknown, path: readonly PropertyKey[]) {
  const param = renderPath([...path, "type"]);
  const isReference = type === "item_reference";
  return invalidRequest({
    code: isReference ? "unsupported_parameter" : "invalid_value",
    param,
    message: isReference
      ? `The item that \`${param}\` refers to is not stored here. Send the item itself.`
      : `The field \`${param}\` names no item that this Worker knows. Send messages, tool calls and their outputs.`,
  });
}
