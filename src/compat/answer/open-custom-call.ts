import { closeInput, closeItem, growInput, openCustomToolCall, type ItemPlace } from "../../protocol/build-events.ts";
import { createItemId, type OutputPlace } from "../../protocol/create-id.ts";
import type { CustomToolCallItem, ItemStatus, ResponseEvent } from "../../protocol/events.ts";
import type { CallIdentity } from "./open-function-call.ts";
import { InputReader } from "./read-input.ts";

/** A custom tool's call while its input grows: the model writes `{"input":"…"}`, the client gets what is inside. */
export class OpenCustomCall {
  readonly kind = "custom_tool_call";
  readonly #identity: CallIdentity;
  readonly #place: ItemPlace;
  readonly #reader = new InputReader();
  #input = "";
  #status: ItemStatus = "incomplete";

  constructor(place: OutputPlace, identity: CallIdentity) {
    this.#identity = identity;
    this.#place = { item_id: createItemId("ctc", place), output_index: place.output_index };
  }

  item(): CustomToolCallItem {
    return {
      id: this.#place.item_id,
      type: "custom_tool_call",
      status: this.#status,
      ...this.#identity,
      input: this.#input,
    };
  }

  open(): ResponseEvent[] {
    return [openCustomToolCall(this.#place.output_index, this.item())];
  }

  grow(delta: string): ResponseEvent[] {
    return this.#append(this.#reader.read(delta));
  }

  /** `truncated`: the answer was cut off, so the input may be too. */
  close(truncated: boolean): ResponseEvent[] {
    const events = this.#append(this.#reader.end());
    this.#status = truncated && !this.#reader.complete ? "incomplete" : "completed";
    const item = this.item();
    return [...events, closeInput(this.#place, item), closeItem(this.#place.output_index, item)];
  }

  #append(text: string): ResponseEvent[] {
    this.#input += text;
    return text === "" ? [] : [growInput(this.#place, text)];
  }
}
