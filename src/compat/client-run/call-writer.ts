import type { ItemStatus, OpaqueItem } from "../../protocol/events.ts";
import type { ItemSlot } from "../../protocol/item-slot.ts";
import { tryParse } from "../../protocol/json.ts";
import { type CallIdentity, emptyCallItem, readCallItem } from "./call-item.ts";
import type { ClientRunType } from "./tools.ts";

/** Writes the call of a client-run tool. Its arguments have no events: the item is whole at its end. */
export class ClientRunCallWriter {
  readonly kind = "client_run";
  readonly #slot: ItemSlot;
  readonly #type: ClientRunType;
  readonly #identity: CallIdentity;
  #text = "";
  #done: OpaqueItem | undefined;

  constructor(slot: ItemSlot, { type, ...identity }: { type: ClientRunType } & CallIdentity) {
    this.#slot = slot;
    this.#type = type;
    this.#identity = identity;
    const item = emptyCallItem(type, identity, "in_progress");
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item });
  }

  /** Whether the arguments so far are no call of this tool. */
  get isUnfit(): boolean {
    return this.#read("completed") === undefined;
  }

  item(): OpaqueItem {
    return this.#done ?? this.#item("incomplete");
  }

  grow(delta: string): void {
    this.#text += delta;
  }

  close(status: ItemStatus): void {
    const item = this.#item(status);
    this.#done = item;
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item });
  }

  #item(status: ItemStatus): OpaqueItem {
    return this.#read(status) ?? emptyCallItem(this.#type, this.#identity, status);
  }

  #read(status: ItemStatus): OpaqueItem | undefined {
    return readCallItem(this.#type, { identity: this.#identity, status, given: tryParse(this.#text) });
  }
}
