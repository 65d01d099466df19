import type { CustomToolCallItem, FunctionCallItem, ItemStatus, OpaqueItem } from "./events.ts";
import type { ItemSlot } from "./item-slot.ts";

/** Fields of a call that are known at its start. */
export type CallStart = Omit<FunctionCallItem, "status" | "arguments"> | Omit<CustomToolCallItem, "status" | "input">;

/** Writes a call of one of the client's own tools: its arguments, or the input of a custom tool. */
export class CallWriter {
  readonly kind = "call";
  readonly #slot: ItemSlot;
  readonly #start: CallStart;
  #text = "";
  #done: FunctionCallItem | CustomToolCallItem | undefined;

  constructor(slot: ItemSlot, start: CallStart) {
    this.#slot = slot;
    this.#start = start;
    slot.emit({
      type: "response.output_item.added",
      output_index: slot.output_index,
      item: this.#item("in_progress"),
    });
  }

  /** The arguments or the input so far. */
  get text(): string {
    return this.#text;
  }

  item(): FunctionCallItem | CustomToolCallItem {
    return this.#done ?? this.#item("incomplete");
  }

  grow(delta: string): void {
    this.#text += delta;
    this.#slot.emit({
      type:
        this.#start.type === "function_call"
          ? "response.function_call_arguments.delta"
          : "response.custom_tool_call_input.delta",
      ...this.#place(),
      delta,
    });
  }

  close(status: ItemStatus): void {
    const item = this.#item(status);
    this.#done = item;
    this.#slot.emit(
      item.type === "function_call"
        ? {
            type: "response.function_call_arguments.done",
            ...this.#place(),
            name: item.name,
            arguments: item.arguments,
          }
        : { type: "response.custom_tool_call_input.done", ...this.#place(), input: item.input },
    );
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item });
  }

  #item(status: ItemStatus): FunctionCallItem | CustomToolCallItem {
    return this.#start.type === "function_call"
      ? { ...this.#start, status, arguments: this.#text }
      : { ...this.#start, status, input: this.#text };
  }

  #place() {
    return { item_id: this.#start.id, output_index: this.#slot.output_index };
  }
}

/** Writes an item of any other type: it starts and ends as it is given. */
export class OpaqueWriter {
  readonly kind = "opaque";
  readonly #slot: ItemSlot;
  #item: OpaqueItem;

  constructor(slot: ItemSlot, item: OpaqueItem) {
    this.#slot = slot;
    this.#item = item;
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item });
  }

  item(): OpaqueItem {
    return this.#item;
  }

  /** `item`: as it is at its end. */
  close(item: OpaqueItem = this.#item): void {
    this.#item = item;
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item });
  }
}
