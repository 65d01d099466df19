import type { McpListToolsItem, McpTool } from "../../protocol/hosted-items.ts";
import type { ItemSlot } from "../../protocol/item-slot.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import type { McpClient } from "./mcp-client.ts";
import { McpFailure } from "./mcp-failure.ts";

/** The listing of one server's tools: an `mcp_list_tools` item. */
export class ListToolsCall {
  readonly #slot: ItemSlot;
  #item: McpListToolsItem;

  constructor(slot: ItemSlot, { id, label }: { id: string; label: string }) {
    this.#slot = slot;
    this.#item = { id, type: "mcp_list_tools", server_label: label, tools: [] };
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item: this.#item });
    slot.emit({ type: "response.mcp_list_tools.in_progress", ...this.#place() });
  }

  item(): McpListToolsItem {
    return this.#item;
  }

  /** Lists the tools and closes the item. A server that can't be asked has none; its item says why. */
  async run(client: McpClient, signal: AbortSignal): Promise<McpTool[]> {
    try {
      const tools = await client.listTools(signal);
      this.#slot.emit({ type: "response.mcp_list_tools.completed", ...this.#place() });
      this.#close({ tools });
      return tools;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof McpFailure)) throw error;
      this.#slot.emit({ type: "response.mcp_list_tools.failed", ...this.#place() });
      // openai-node knows a text here, and the AI SDK no null.
      this.#close({ error: error.message });
      return [];
    }
  }

  #close(end: Partial<McpListToolsItem>): void {
    this.#item = { ...this.#item, ...end };
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item: this.#item });
  }

  #place() {
    return { item_id: this.#item.id, output_index: this.#slot.output_index };
  }
}

/** The listing of a server that a context already holds, the last one; a failed one is none. */
export function findListing(items: readonly JsonRecord[], label: string): McpTool[] | undefined {
  const listing = items.findLast(
    (item) => item["type"] === "mcp_list_tools" && item["server_label"] === label && !item["error"],
  );
  const tools = listing?.["tools"];
  return Array.isArray(tools) ? tools.filter(isRecord).flatMap(readTool) : undefined;
}

function readTool({ name, description, input_schema: schema, annotations }: JsonRecord): McpTool[] {
  if (readText(name) === "") return [];
  return [
    {
      name: readText(name),
      ...(typeof description === "string" && { description }),
      input_schema: isRecord(schema) ? schema : { type: "object" },
      ...(isRecord(annotations) && { annotations }),
    },
  ];
}
