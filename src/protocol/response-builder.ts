import type { EventBody, OutputItem, ResponseError, ResponseEvent, ResponseResource, Usage } from "./events.ts";
import type { ItemSlot } from "./item-slot.ts";

/** How a Response ends that did not fail. */
export interface Ending {
  status: "completed" | "incomplete";
  incomplete_details: { reason: string } | null;
}

/**
 * Builds one Response: it owns the id, the items in their order, and the events with their numbers. Whoever answers
 * writes items, in as many rounds as it takes, and hands on what `drain` gives. No I/O.
 *
 *   created, in_progress
 *     output_item.added
 *       content_part.added    delta …   output_text.done, content_part.done
 *     output_item.done
 *   completed | incomplete | failed
 */
export class ResponseBuilder {
  #start: ResponseResource;
  readonly #items: { item: () => OutputItem }[] = [];
  #events: ResponseEvent[] = [];
  #next: number;

  /** `start`: the Response before it has any output. `firstNumber`: the `sequence_number` of its first event. */
  constructor(start: ResponseResource, firstNumber = 0) {
    this.#start = start;
    this.#next = firstNumber;
  }

  get id(): string {
    return this.#start.id;
  }

  /** Numbers an event and puts it behind those that wait. It becomes the builder's own. */
  emit(body: EventBody): void {
    this.#events.push(Object.assign(body, { sequence_number: this.#next++ }));
  }

  /** Takes the events that wait. */
  drain(): ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Names the model that answers, where that is not known at the start. */
  nameModel(model: string): void {
    if (model !== this.#start.model) this.#start = { ...this.#start, model };
  }

  /** Emits the events that open the Response. */
  open(): void {
    this.emit({ type: "response.created", response: this.#start });
    this.emit({ type: "response.in_progress", response: this.#start });
  }

  /** The `output_index` of the next item. */
  get length(): number {
    return this.#items.length;
  }

  /** Adds an item at the end of the output; `create` makes its writer. */
  add<Writer extends { item: () => OutputItem }>(create: (slot: ItemSlot) => Writer): Writer {
    const writer = create({ emit: (event) => this.emit(event), output_index: this.#items.length });
    this.#items.push(writer);
    return writer;
  }

  /** The Response with the items so far. */
  snapshot(): ResponseResource {
    return { ...this.#start, output: this.#items.map((writer) => writer.item()) };
  }

  /** Emits the event that ends a Response that did not fail. */
  end({ status, incomplete_details }: Ending, usage: Usage | null): void {
    const completed_at =
      status === "completed" ? Math.max(this.#start.created_at, Math.floor(Date.now() / 1_000)) : null;
    const response: ResponseResource = { ...this.snapshot(), status, incomplete_details, completed_at, usage };
    this.emit({ type: `response.${status}`, response });
  }

  /**
   * Emits the events that end a Response that failed: `error`, at which openai-node throws, and `response.failed`, since
   * Codex ignores a bare error. Items that are open stay so: a call that was cut off must not look ready to run.
   * `error` goes to the `error` event, `failure` into the Response.
   */
  fail({
    error,
    failure,
    usage,
  }: {
    error: { type: string; code: string; message: string; param: string };
    failure: ResponseError;
    usage: Usage | null;
  }): void {
    const { code, message, param } = error;
    this.emit({ type: "error", error, code, message, param });
    this.emit({ type: "response.failed", response: { ...this.snapshot(), status: "failed", error: failure, usage } });
  }
}
