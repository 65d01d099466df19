import type { ItemStatus, MessageItem, OpaquePart, OutputTextPart, RefusalPart, UrlCitation } from "./events.ts";
import type { Fixed, ItemSlot } from "./item-slot.ts";

type GrowingPart =
  | { kind: "text"; fields: Partial<OutputTextPart>; text: string; logprobs: unknown[] }
  | { kind: "refusal"; fields: Partial<RefusalPart>; text: string };

/** Writes a message: text and refusal parts, one after the other. */
export class MessageWriter {
  readonly kind = "message";
  readonly #slot: ItemSlot;
  readonly #fields: Fixed<MessageItem, "status" | "content" | "role">;
  readonly #cite: (text: string) => readonly UrlCitation[];
  readonly #parts: MessageItem["content"][number][] = [];
  #growing: GrowingPart | undefined;
  #done: MessageItem | undefined;

  /** `cite`: finds the citations in a text that is whole. */
  constructor(
    slot: ItemSlot,
    fields: Fixed<MessageItem, "status" | "content" | "role">,
    cite: (text: string) => readonly UrlCitation[] = () => [],
  ) {
    this.#slot = slot;
    this.#fields = fields;
    this.#cite = cite;
    slot.emit({
      type: "response.output_item.added",
      output_index: slot.output_index,
      item: { ...this.#item("in_progress"), content: [] },
    });
  }

  item(): MessageItem {
    return this.#done ?? this.#item("incomplete");
  }

  /** Appends text to the text part that grows, or to a new one. */
  text(delta: string, logprobs: readonly unknown[] = []): void {
    const part = this.#growing?.kind === "text" ? this.#growing : this.startText({});
    part.text += delta;
    for (const logprob of logprobs) part.logprobs.push(logprob);
    if (delta !== "") this.#slot.emit({ type: "response.output_text.delta", ...this.#place(), delta, logprobs });
  }

  /** Appends text to the refusal that grows, or to a new one. */
  refusal(delta: string): void {
    const part = this.#growing?.kind === "refusal" ? this.#growing : this.startRefusal({});
    part.text += delta;
    if (delta !== "") this.#slot.emit({ type: "response.refusal.delta", ...this.#place(), delta });
  }

  /** Begins a text part. `fields`: what its end carries beside the text, such as `annotations`. */
  startText(fields: Partial<OutputTextPart>): GrowingPart & { kind: "text" } {
    this.#endPart();
    const part: GrowingPart = { kind: "text", fields, text: "", logprobs: [] };
    this.#growing = part;
    const empty: OutputTextPart = { type: "output_text", text: "", annotations: [], logprobs: [] };
    this.#slot.emit({ type: "response.content_part.added", ...this.#place(), part: empty });
    return part;
  }

  startRefusal(fields: Partial<RefusalPart>): GrowingPart & { kind: "refusal" } {
    this.#endPart();
    const part: GrowingPart = { kind: "refusal", fields, text: "" };
    this.#growing = part;
    const empty: RefusalPart = { type: "refusal", refusal: "" };
    this.#slot.emit({ type: "response.content_part.added", ...this.#place(), part: empty });
    return part;
  }

  /** Adds a part of another type, whole. */
  addPart(part: OpaquePart): void {
    this.#endPart();
    this.#slot.emit({ type: "response.content_part.added", ...this.#place(), part });
    this.#slot.emit({ type: "response.content_part.done", ...this.#place(), part });
    this.#parts.push(part);
  }

  close(status: ItemStatus): void {
    this.#endPart();
    this.#done = this.#item(status);
    this.#slot.emit({
      type: "response.output_item.done",
      output_index: this.#slot.output_index,
      item: this.#done,
    });
  }

  #item(status: ItemStatus): MessageItem {
    const content = this.#growing === undefined ? [...this.#parts] : [...this.#parts, endOf(this.#growing)];
    return { ...this.#fields, type: "message", role: "assistant", status, content };
  }

  #place() {
    const { output_index } = this.#slot;
    return { item_id: this.#fields.id, output_index, content_index: this.#parts.length };
  }

  #endPart(): void {
    if (this.#growing === undefined) return;
    const whole = endOf(this.#growing);
    const citations = whole.type === "output_text" ? this.#cite(whole.text) : [];
    const part = citations.length > 0 ? { ...whole, annotations: citations } : whole;
    const place = this.#place();
    for (const [annotation_index, annotation] of citations.entries()) {
      this.#slot.emit({ type: "response.output_text.annotation.added", ...place, annotation_index, annotation });
    }
    if (part.type === "output_text") {
      this.#slot.emit({ type: "response.output_text.done", ...place, text: part.text, logprobs: part.logprobs });
    } else {
      this.#slot.emit({ type: "response.refusal.done", ...place, refusal: part.refusal });
    }
    this.#slot.emit({ type: "response.content_part.done", ...place, part });
    this.#growing = undefined;
    this.#parts.push(part);
  }
}

function endOf(part: GrowingPart): OutputTextPart | RefusalPart {
  return part.kind === "text"
    ? { annotations: [], logprobs: part.logprobs, ...part.fields, type: "output_text", text: part.text }
    : { ...part.fields, type: "refusal", refusal: part.text };
}
