import {
  closeItem,
  closeRefusal,
  closeText,
  growRefusal,
  growText,
  openMessage,
  openRefusal,
  openText,
} from "../../protocol/build-events.ts";
import type { ContentPlace } from "../../protocol/build-events.ts";
import { createItemId, type OutputPlace } from "../../protocol/create-id.ts";
import type { ItemStatus, MessageItem, OutputTextPart, RefusalPart, ResponseEvent } from "../../protocol/events.ts";

/** The part that grows, the last one. */
type OpenPart =
  | { kind: "text"; place: ContentPlace; text: string; logprobs: unknown[] }
  | { kind: "refusal"; place: ContentPlace; text: string };

/** A message while it grows: text, refusal, or one after the other. */
export class OpenMessage {
  readonly kind = "message";
  readonly #id: string;
  readonly #outputIndex: number;
  readonly #closed: (OutputTextPart | RefusalPart)[] = [];
  #part: OpenPart | undefined;
  #status: ItemStatus = "incomplete";

  constructor(place: OutputPlace) {
    this.#id = createItemId("msg", place);
    this.#outputIndex = place.output_index;
  }

  item(): MessageItem {
    const content = this.#part === undefined ? [...this.#closed] : [...this.#closed, partOf(this.#part)];
    return { id: this.#id, type: "message", role: "assistant", status: this.#status, content };
  }

  open(): ResponseEvent[] {
    return [openMessage(this.#outputIndex, this.item())];
  }

  growText(delta: string, logprobs: readonly unknown[]): ResponseEvent[] {
    const events: ResponseEvent[] = [];
    let part = this.#part;
    if (part?.kind !== "text") {
      events.push(...this.#closePart());
      part = { kind: "text", place: this.#nextPlace(), text: "", logprobs: [] };
      this.#part = part;
      events.push(openText(part.place));
    }
    part.text += delta;
    if (logprobs.length > 0) part.logprobs.push(...logprobs);
    if (delta !== "") events.push(growText(part.place, delta, logprobs));
    return events;
  }

  growRefusal(delta: string): ResponseEvent[] {
    const events: ResponseEvent[] = [];
    let part = this.#part;
    if (part?.kind !== "refusal") {
      events.push(...this.#closePart());
      part = { kind: "refusal", place: this.#nextPlace(), text: "" };
      this.#part = part;
      events.push(openRefusal(part.place));
    }
    part.text += delta;
    events.push(growRefusal(part.place, delta));
    return events;
  }

  close(status: ItemStatus): ResponseEvent[] {
    this.#status = status;
    return [...this.#closePart(), closeItem(this.#outputIndex, this.item())];
  }

  #nextPlace(): ContentPlace {
    return { item_id: this.#id, output_index: this.#outputIndex, content_index: this.#closed.length };
  }

  #closePart(): ResponseEvent[] {
    const part = this.#part;
    if (part === undefined) return [];
    this.#part = undefined;
    const closed = partOf(part);
    this.#closed.push(closed);
    return closed.type === "output_text" ? closeText(part.place, closed) : closeRefusal(part.place, closed);
  }
}

function partOf(part: OpenPart): OutputTextPart | RefusalPart {
  return part.kind === "text"
    ? { type: "output_text", text: part.text, annotations: [], logprobs: part.logprobs }
    : { type: "refusal", refusal: part.text };
}
