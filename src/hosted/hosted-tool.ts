import type { HostedItem } from "../protocol/hosted-items.ts";
import type { IdPrefix } from "../protocol/ids.ts";
import type { ItemSlot } from "../protocol/item-slot.ts";
import { type JsonRecord, parseRecord } from "../protocol/json.ts";

/** A tool that the Worker runs itself. The model sees it as a function. */
export interface HostedTool {
  /** The type of the request's tool that brought it: several functions may come of one. */
  type: "web_search" | "image_generation" | "mcp";
  /** What the model is told of the function. `name` is the one it gets if no other tool has it. */
  offer: { name: string; description: string; parameters: JsonRecord };
  /** For a tool of an MCP server: whose it is, and what it is called there. */
  mcp?: { label: string; serverUrl: string; name: string };
  /** Whether the user has to approve each call. */
  needsApproval: boolean;
  /** Of the ids of its items. */
  prefix: IdPrefix;
  /** Begins a call: adds its item to the output. */
  open: (slot: ItemSlot, id: string) => HostedCall;
}

/** One call of a hosted tool. Its item is open from the start; it runs once the model has written all its arguments. */
export interface HostedCall {
  item(): HostedItem;
  /** Appends to the arguments, as the model writes them. */
  grow(delta: string): void;
  /**
   * Runs the call and closes its item. Gives what the model is to know of it, a failure too. Rejects only with what
   * `signal` was aborted with.
   */
  run(signal: AbortSignal): Promise<string>;
  /** Closes the item of a call that does not run: the model's answer was cut off, or a limit is reached. */
  skip(): void;
}

/** The arguments of a call; undefined when they are not a JSON object. A model that needs none may write nothing. */
export function readArguments(text: string): JsonRecord | undefined {
  return parseRecord(text.trim() === "" ? "{}" : text);
}
