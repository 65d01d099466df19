import { isRecord, type JsonRecord, readCount, readText } from "../protocol/read-value.ts";

/** An event before it has its number. */
export type RunEvent = JsonRecord & { type: string };

/** How long events may wait to be written together, in milliseconds: one row for several events, at little delay. */
const longestWait = 50;
/** Events that are written without waiting for more. */
const fullBatch = 256;

const terminalTypes: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** One background run, as long as it is in memory: its upstream call, and the events not written yet. */
export class Run {
  readonly #upstream = new AbortController();
  readonly #finished = new Map<number, JsonRecord>();
  readonly #write: (() => void) | undefined;
  #waiting: RunEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `write` is called when events should be taken and written; without it they are dropped. */
  constructor(write: (() => void) | undefined) {
    this.#write = write;
  }

  /** Aborts when the run is stopped. */
  get signal(): AbortSignal {
    return this.#upstream.signal;
  }

  /** Takes an event in. Returns the Response that ends the run when this is the last: that one does not wait. */
  take(event: RunEvent): JsonRecord | undefined {
    const { item, response } = event;
    if (terminalTypes.has(event.type) && isRecord(response)) return response;
    if (event.type === "response.output_item.done" && isRecord(item)) {
      this.#finished.set(readCount(event["output_index"], this.#finished.size), item);
    }
    if (this.#write === undefined) return undefined;
    this.#waiting.push(event);
    if (this.#waiting.length >= fullBatch) this.#write();
    else this.#timer ??= setTimeout(this.#write, longestWait);
    return undefined;
  }

  /** Hands out the events that wait. */
  takeWaiting(): RunEvent[] {
    this.#stopTimer();
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** The items that were finished so far, in order. */
  output(): JsonRecord[] {
    return [...this.#finished].toSorted(([left], [right]) => left - right).map(([, item]) => item);
  }

  /** Ends the upstream call. */
  stop(): void {
    this.#stopTimer();
    this.#upstream.abort();
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The event that ends a stream with this Response. Whatever is neither complete nor cut short is a failure. */
export function closeRun(response: JsonRecord): RunEvent {
  const status = readText(response["status"]);
  return {
    type: status === "completed" || status === "incomplete" ? `response.${status}` : "response.failed",
    response,
  };
}
