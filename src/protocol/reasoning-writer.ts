import type { ItemStatus, ReasoningItem, ReasoningTextPart, SummaryTextPart } from "./events.ts";
import type { Fixed, ItemSlot } from "./item-slot.ts";

/**
 * Writes a reasoning item. A summary has deltas, which every client knows. The text itself travels whole in `content`, or
 * grows there by OpenAI's events, which Open Responses names differently: a client that knows one name fails on the other.
 */
export class ReasoningWriter {
  readonly kind = "reasoning";
  readonly #slot: ItemSlot;
  readonly #fields: Fixed<ReasoningItem, "status" | "content" | "summary">;
  readonly #summary: SummaryTextPart[] = [];
  #content: readonly ReasoningTextPart[] = [];
  #growing: string | undefined;
  #hasGrowingContent = false;
  #done: ReasoningItem | undefined;

  constructor(slot: ItemSlot, fields: Fixed<ReasoningItem, "status" | "content" | "summary">) {
    this.#slot = slot;
    this.#fields = fields;
    const { encrypted_content: _atItsEnd, ...start } = fields;
    slot.emit({
      type: "response.output_item.added",
      output_index: slot.output_index,
      item: { ...start, type: "reasoning", status: "in_progress", summary: [], content: [] },
    });
  }

  item(): ReasoningItem {
    return this.#done ?? this.#item("incomplete");
  }

  /** Sets the whole text, in one part or several. */
  setContent(texts: readonly string[]): void {
    this.#content = texts.map((text) => ({ type: "reasoning_text", text }));
  }

  /** Appends to the text, by events of its own. */
  content(delta: string): void {
    const place = this.#contentPlace();
    if (!this.#hasGrowingContent) {
      this.#hasGrowingContent = true;
      this.#slot.emit({ type: "response.content_part.added", ...place, part: { type: "reasoning_text", text: "" } });
    }
    this.setContent([(this.#content[0]?.text ?? "") + delta]);
    this.#slot.emit({ type: "response.reasoning_text.delta", ...place, delta });
  }

  startSummary(): void {
    this.#endSummary();
    this.#growing = "";
    const part: SummaryTextPart = { type: "summary_text", text: "" };
    this.#slot.emit({ type: "response.reasoning_summary_part.added", ...this.#place(), part });
  }

  /** Appends to the summary part that `startSummary` began. */
  summary(delta: string): void {
    this.#growing = (this.#growing ?? "") + delta;
    this.#slot.emit({ type: "response.reasoning_summary_text.delta", ...this.#place(), delta });
  }

  close(status: ItemStatus): void {
    this.#endSummary();
    this.#endContent();
    this.#done = this.#item(status);
    this.#slot.emit({
      type: "response.output_item.done",
      output_index: this.#slot.output_index,
      item: this.#done,
    });
  }

  #item(status: ItemStatus): ReasoningItem {
    const summary: SummaryTextPart[] =
      this.#growing === undefined
        ? [...this.#summary]
        : [...this.#summary, { type: "summary_text", text: this.#growing }];
    return { ...this.#fields, type: "reasoning", status, summary, content: this.#content };
  }

  #place() {
    const { output_index } = this.#slot;
    return { item_id: this.#fields.id, output_index, summary_index: this.#summary.length };
  }

  #contentPlace() {
    return { item_id: this.#fields.id, output_index: this.#slot.output_index, content_index: 0 };
  }

  #endContent(): void {
    const [part] = this.#content;
    if (!this.#hasGrowingContent || part === undefined) return;
    const place = this.#contentPlace();
    this.#slot.emit({ type: "response.reasoning_text.done", ...place, text: part.text });
    this.#slot.emit({ type: "response.content_part.done", ...place, part });
  }

  #endSummary(): void {
    if (this.#growing === undefined) return;
    const part: SummaryTextPart = { type: "summary_text", text: this.#growing };
    const place = this.#place();
    this.#slot.emit({ type: "response.reasoning_summary_text.done", ...place, text: part.text });
    this.#slot.emit({ type: "response.reasoning_summary_part.done", ...place, part });
    this.#growing = undefined;
    this.#summary.push(part);
  }
}
