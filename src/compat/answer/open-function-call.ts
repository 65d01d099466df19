import {
  closeArguments,
  closeItem,
  growArguments,
  openFunctionCall,
  type ItemPlace,
} from "../../protocol/build-events.ts";
import { createItemId, type OutputPlace } from "../../protocol/create-id.ts";
import type { FunctionCallItem, ItemStatus, ResponseEvent } from "../../protocol/events.ts";

/** A call's name as the client knows it, and the id that its output will carry. */
export interface CallIdentity {
  call_id: string;
  name: string;
  namespace?: string;
}

/** A function call while its arguments grow. */
export class OpenFunctionCall {
  readonly kind = "function_call";
  readonly #identity: CallIdentity;
  readonly #place: ItemPlace;
  #arguments = "";
  #status: ItemStatus = "incomplete";

  constructor(place: OutputPlace, identity: CallIdentity) {
    this.#identity = identity;
    this.#place = { item_id: createItemId("fc", place), output_index: place.output_index };
  }

  item(): FunctionCallItem {
    return {
      id: this.#place.item_id,
      type: "function_call",
      status: this.#status,
      ...this.#identity,
      arguments: this.#arguments,
    };
  }

  open(): ResponseEvent[] {
    return [openFunctionCall(this.#place.output_index, this.item())];
  }

  grow(delta: string): ResponseEvent[] {
    this.#arguments += delta;
    return [growArguments(this.#place, delta)];
  }

  /** `truncated`: the answer was cut off, so the arguments may be too. */
  close(truncated: boolean): ResponseEvent[] {
    const events: ResponseEvent[] = [];
    // OpenAI's arguments are never empty: clients parse them as they are.
    if (this.#arguments.trim() === "" && !truncated) events.push(...this.grow("{}"));
    this.#status = truncated && !isJson(this.#arguments) ? "incomplete" : "completed";
    const item = this.item();
    events.push(closeArguments(this.#place, item), closeItem(this.#place.output_index, item));
    return events;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
