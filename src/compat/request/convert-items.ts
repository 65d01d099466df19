import { type ApiError, invalidRequest } from "../../errors.ts";
import { renderPath, unknownItem, validate, wrongKind } from "../../http/validate.ts";
import type { Warnings } from "../../http/warnings.ts";
import {
  CallOutputInput,
  CompactionInput,
  CustomCallInput,
  FunctionCallInput,
  isCompaction,
  isFromClient,
  MessageInput,
  ReasoningInput,
  typeOfItem,
  unusedItemTypes,
} from "../../protocol/input-items.ts";
import { type JsonRecord, tryParse } from "../../protocol/json.ts";
import type { ChatMessage } from "../chat-inputs.ts";
import { type ClientRunItem, readClientRunItem } from "../client-run/convert-items.ts";
import type { ClientTool } from "../translation.ts";
import { MessageBuilder } from "./build-messages.ts";
import { convertContent, convertUserContent } from "./convert-content.ts";
import { addHostedItem, readApprovals } from "./convert-hosted-items.ts";

/** What items are converted with. */
export interface ItemContext {
  /** The name under which the model knows a tool of the client's. */
  offeredName: (tool: ClientTool) => string;
  /** Opens the `encrypted_content` of a reasoning item; `undefined` when it doesn't open. */
  openReasoning: (sealed: string) => Promise<string | undefined>;
  /** The same for a compaction item. */
  openCompaction: (packed: string) => Promise<string | undefined>;
  warnings: Warnings;
}

type Path = readonly PropertyKey[];

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
  if (typeof input === "string") {
    builder.addUserMessage(input);
    return builder.build();
  }
  const approvals = readApprovals(input);
  const compacted = input.findLastIndex(isCompaction);
  for (const [index, item] of input.entries()) {
    // A compaction stands for all that came before it but what the user said.
    if (index < compacted && !isFromClient(item)) continue;
    const path = ["input", index];
    if (!addHostedItem(builder, { item, path }, approvals)) await addItem(builder, { item, path }, context);
  }
  return builder.build();
}

async function addItem(
  builder: MessageBuilder,
  { item, path }: { item: JsonRecord; path: Path },
  context: ItemContext,
): Promise<void> {
  const { warnings } = context;
  const type = typeOfItem(item);
  switch (type) {
    case "message":
      addMessage(builder, validate(MessageInput, item, path));
      return;
    case "reasoning":
      builder.addReasoning(await readReasoning(validate(ReasoningInput, item, path), context));
      return;
    case "function_call":
      addFunctionCall(builder, { item: validate(FunctionCallInput, item, path), path }, context);
      return;
    case "custom_tool_call": {
      const { input, ...call } = validate(CustomCallInput, item, path);
      addCall(builder, { kind: "custom", call, path, text: JSON.stringify({ input }) }, context);
      return;
    }
    case "function_call_output":
    case "custom_tool_call_output":
      addOutput(builder, { item: validate(CallOutputInput, item, path), path });
      return;
    case "compaction":
    case "compaction_summary":
      builder.addUserMessage(await readCompaction(validate(CompactionInput, item, path), path, context));
      return;
    case "additional_tools":
      return; // Its tools are offered: see `gatherTools`.
    default: {
      const clientRun = readClientRunItem(item, path);
      if (clientRun !== undefined) {
        addClientRun(builder, { read: clientRun, path }, context);
        return;
      }
      if (typeof type !== "string" || !unusedItemTypes.has(type)) {
        throw type === "item_reference" ? unresolved(path) : unknownItem(path);
      }
      warnings.add(`The model has no use for items of type ${type}: they were left out.`);
    }
  }
}

function addMessage(builder: MessageBuilder, { role, content }: MessageInput): void {
  if (role === "user") {
    builder.addUserMessage(convertUserContent(content));
    return;
  }
  const { text, images } = convertContent(content);
  // Models other than gpt-oss know no developer.
  if (role === "assistant") builder.addText(text);
  else builder.addMessage("system", text);
  builder.showImages(images);
}

/** The fullest of the texts a reasoning item carries: its content, what is sealed in it, its summary. */
async function readReasoning(
  { content, summary, encrypted_content: sealed }: ReasoningInput,
  { warnings, openReasoning }: ItemContext,
): Promise<string> {
  const { text } = convertContent(content);
  if (text !== "") return text;
  const opened = sealed ? await openReasoning(sealed) : undefined;
  if (sealed && opened === undefined) {
    warnings.add("Encrypted reasoning that this Worker didn't seal for this key was left out.");
  }
  return opened ?? convertContent(summary).text;
}

/** Says to the model what the text of a compaction item is. */
const summaryHeading = "Summary of the conversation before this point:";

/**
 * A compaction item stands for all that came before it.
 * @throws {ApiError} 400 when it doesn't open: without it the model would answer as if nothing had been said
 */
async function readCompaction(
  { encrypted_content: packed }: CompactionInput,
  path: Path,
  { openCompaction }: ItemContext,
): Promise<string> {
  const opened = await openCompaction(packed ?? "");
  if (opened !== undefined) return `${summaryHeading}\n\n${opened}`;
  const param = renderPath([...path, "encrypted_content"]);
  throw invalidRequest({
    code: "invalid_encrypted_content",
    param,
    message: `The compaction in \`${param}\` was not made by this Worker for this key. Send the conversation itself.`,
  });
}

interface CallInput {
  id?: string | null | undefined;
  call_id?: string | null | undefined;
  name: string;
  namespace?: string | null | undefined;
}

/**
 * A call whose arguments are not JSON was cut off in an answer that hit its limit. It never ran, and templates that parse
 * arguments fail on it: the model is not shown it again.
 */
function addFunctionCall(
  builder: MessageBuilder,
  { item, path }: { item: CallInput & { arguments?: unknown }; path: Path },
  context: ItemContext,
): void {
  const { arguments: given, ...call } = item;
  // Some templates parse the arguments of a call, so a call without any gets an empty object.
  const text = typeof given === "string" ? given || "{}" : JSON.stringify(given ?? {});
  if (tryParse(text) === undefined) {
    builder.skipCall(readCallId(call, path));
    context.warnings.add("A tool call whose arguments are not JSON was left out: its answer was cut off.");
    return;
  }
  addCall(builder, { kind: "function", call, path, text }, context);
}

function addCall(
  builder: MessageBuilder,
  { kind, call, path, text }: { kind: ClientTool["kind"]; call: CallInput; path: Path; text: string },
  { offeredName }: ItemContext,
): void {
  const { name, namespace } = call;
  const tool: ClientTool = { kind, name, ...(typeof namespace === "string" && { namespace }) };
  builder.addCall({
    id: readCallId(call, path),
    type: "function",
    function: { name: offeredName(tool), arguments: text },
  });
  // The output of a local shell names its call by the item's id.
  if (kind === "local_shell" && typeof call.id === "string") builder.nameCall(call.id, readCallId(call, path));
}

/** The call or the output of a tool that the client ran. */
function addClientRun(
  builder: MessageBuilder,
  { read, path }: { read: ClientRunItem; path: Path },
  context: ItemContext,
): void {
  if (read.kind === "output") {
    addOutputContent(builder, { identity: read.identity, path, content: () => ({ text: read.text, images: [] }) });
    return;
  }
  const call = { ...read.identity, name: read.tool };
  addCall(builder, { kind: read.tool, call, path, text: JSON.stringify(read.given) }, context);
}

function addOutput(builder: MessageBuilder, { item, path }: { item: CallOutputInput; path: Path }): void {
  addOutputContent(builder, { identity: item, path, content: () => convertContent(item.output) });
}

function addOutputContent(
  builder: MessageBuilder,
  {
    identity,
    path,
    content,
  }: { identity: Pick<CallInput, "call_id" | "id">; path: Path; content: () => ReturnType<typeof convertContent> },
): void {
  const id = builder.callIdOf(readCallId(identity, path));
  if (builder.isSkipped(id)) return;
  if (!builder.hasCall(id)) {
    const param = renderPath([...path, "call_id"]);
    throw invalidRequest({
      code: "invalid_value",
      param,
      message: `No tool call before this item has the \`call_id\` in \`${param}\`. Send the call with its output.`,
    });
  }
  const { text, images } = content();
  builder.addOutput(id, text);
  builder.showImages(images);
}

function readCallId({ call_id: callId, id }: Pick<CallInput, "call_id" | "id">, path: Path): string {
  const found = callId || id;
  if (!found) throw wrongKind([...path, "call_id"], "a string that is not empty");
  return found;
}

/** A reference that nothing has resolved by now. */
function unresolved(path: Path): ApiError {
  const param = renderPath([...path, "type"]);
  return invalidRequest({
    code: "unsupported_parameter",
    param,
    message: `The item that \`${param}\` refers to is not stored here. Send the item itself.`,
  });
}
