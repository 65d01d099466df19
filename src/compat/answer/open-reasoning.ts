import {
  closeItem,
  closeSummary,
  growSummary,
  openReasoning,
  openSummary,
  type SummaryPlace,
} from "../../protocol/build-events.ts";
import { createItemId, type OutputPlace } from "../../protocol/create-id.ts";
import type { ItemStatus, ReasoningItem, ResponseEvent } from "../../protocol/events.ts";

/**
 * A reasoning item while it grows. Its text travels whole, in the item; with `summarize` it is streamed as the one
 * part of a summary too: gpt-oss writes no summary of its own.
 */
export class OpenReasoning {
  readonly kind = "reasoning";
  readonly #summarize: boolean;
  readonly #place: SummaryPlace;
  #text = "";
  #status: ItemStatus = "incomplete";

  constructor(place: OutputPlace, summarize: boolean) {
    this.#summarize = summarize;
    this.#place = { item_id: createItemId("rs", place), output_index: place.output_index, summary_index: 0 };
  }

  item(): ReasoningItem {
    return {
      id: this.#place.item_id,
      type: "reasoning",
      status: this.#status,
      summary: this.#summarize ? [{ type: "summary_text", text: this.#text }] : [],
      content: [{ type: "reasoning_text", text: this.#text }],
    };
  }

  open(): ResponseEvent[] {
    const opened = openReasoning(this.#place.output_index, this.item());
    return this.#summarize ? [opened, openSummary(this.#place)] : [opened];
  }

  grow(delta: string): ResponseEvent[] {
    this.#text += delta;
    return this.#summarize ? [growSummary(this.#place, delta)] : [];
  }

  close(status: ItemStatus): ResponseEvent[] {
    this.#status = status;
    return [
      ...(this.#summarize ? closeSummary(this.#place, this.#text) : []),
      closeItem(this.#place.output_index, this.item()),
    ];
  }
}
