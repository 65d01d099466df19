import type { Counted } from "../../call.ts";
import type { McpCallError, McpCallItem, McpTool } from "../../protocol/hosted-items.ts";
import type { ItemSlot } from "../../protocol/item-slot.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import { type HostedCall, readArguments } from "../hosted-tool.ts";
import type { McpClient } from "./mcp-client.ts";
import { McpFailure } from "./mcp-failure.ts";
import { readCallResult } from "./read-call-result.ts";

/** A tool of one server, ready to be called. */
export interface McpKit {
  label: string;
  tool: McpTool;
  client: McpClient;
  /** By the request's `allowed_tools`. */
  isAllowed: boolean;
  count: (what: Counted) => void;
}

/** One call of an MCP server's tool: an `mcp_call`. */
export class McpCall implements HostedCall {
  readonly #slot: ItemSlot;
  readonly #kit: McpKit;
  #text = "";
  #item: McpCallItem;

  /** `approvalId`: of the request by which the user approved the call. */
  constructor(slot: ItemSlot, { id, kit, approvalId }: { id: string; kit: McpKit; approvalId?: string | undefined }) {
    this.#slot = slot;
    this.#kit = kit;
    this.#item = {
      id,
      type: "mcp_call",
      status: "in_progress",
      approval_request_id: approvalId ?? null,
      arguments: "",
      error: null,
      name: kit.tool.name,
      output: null,
      server_label: kit.label,
    };
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item: this.#item });
    slot.emit({ type: "response.mcp_call.in_progress", ...this.#place() });
  }

  item(): McpCallItem {
    return { ...this.#item, arguments: this.#text };
  }

  grow(delta: string): void {
    this.#text += delta;
    this.#slot.emit({ type: "response.mcp_call_arguments.delta", ...this.#place(), delta });
  }

  async run(signal: AbortSignal): Promise<string> {
    // OpenAI's arguments are never empty: clients parse them as they are.
    if (this.#text.trim() === "") this.grow("{}");
    this.#slot.emit({ type: "response.mcp_call_arguments.done", ...this.#place(), arguments: this.#text });
    try {
      const { tool, client, count, isAllowed } = this.#kit;
      const given = readArguments(this.#text);
      if (!isAllowed) return this.#fail(invalidParams("The tool is not among the allowed tools of the request."));
      if (given === undefined) return this.#fail(invalidParams("The arguments are not a JSON object."));
      count("mcp_calls");
      const result = readCallResult(await client.callTool(tool, given, signal));
      if ("error" in result) return this.#fail(result.error);
      this.#slot.emit({ type: "response.mcp_call.completed", ...this.#place() });
      return this.#close({ status: "completed", output: result.output });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof McpFailure) return this.#fail(error.error);
      throw error;
    }
  }

  skip(): void {
    this.#close({ status: "incomplete" });
  }

  #fail(error: McpCallError): string {
    this.#slot.emit({ type: "response.mcp_call.failed", ...this.#place() });
    return this.#close({ status: "failed", error });
  }

  #close(end: Partial<McpCallItem>): string {
    this.#item = { ...this.#item, arguments: this.#text, ...end };
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item: this.#item });
    return describeOutcome({ ...this.#item });
  }

  #place() {
    return { item_id: this.#item.id, output_index: this.#slot.output_index };
  }
}

/** JSON-RPC's error for arguments that can't be taken. */
function invalidParams(message: string): McpCallError {
  return { type: "mcp_protocol_error", code: -32_602, message };
}

/** What the model is told of an `mcp_call`: now, and each time the item comes back in a context. */
export function describeOutcome({ output, error }: JsonRecord): string {
  if (!isRecord(error)) return typeof error === "string" ? `The tool failed: ${error}` : readText(output);
  const texts = Array.isArray(error["content"])
    ? error["content"].map((part) => readText(isRecord(part) ? part["text"] : part))
    : [];
  return `The tool failed: ${readText(error["message"]) || texts.join("\n")}`;
}
