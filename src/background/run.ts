import { isTerminalType, terminalTypeOf } from "../protocol/events.ts";
import { isRecord, type JsonRecord, readCount, readText } from "../protocol/json.ts";

/** An event before it has its number. */
export type RunEvent = { [field: string]: unknown; type: string };

/** The Response that an event ends a run with; undefined for any other event. The event's type says how it ended. */
export function endOf(event: RunEvent): JsonRecord | undefined {
  const { type, response } = event;
  if (!isTerminalType(type) || !isRecord(response)) return undefined;
  return { ...response, status: type.slice("response.".length) };
}

/** How long events may wait to be written together, in milliseconds: one row for several events, at little delay. */
const longestWait = 50;
/** Events that are written without waiting for more. */
const fullBatch = 256;

/** One background run, as long as it is in memory: its upstream call, and the events not written yet. */
export class Run {
  readonly #upstream = new AbortController();
  readonly #finished = new Map<number, JsonRecord>();
  readonly #write: (() => void) | undefined;
  // A timer of our own, not `AbortSignal.timeout`: that one would keep the object in memory, at its price, when the run is over.
  readonly #deadline: ReturnType<typeof setTimeout>;
  #waiting: RunEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tookTooLong = false;

  /**
   * `longestRun` in milliseconds. `write` is called when events wait to be written, and again when it could not;
   * without it they are dropped.
   */
  constructor({ longestRun, write }: { longestRun: number; write: (() => void) | undefined }) {
    this.#write = write;
    this.#deadline = setTimeout(() => {
      this.#tookTooLong = true;
      this.#upstream.abort();
    }, longestRun);
  }

  /** Whether the run was stopped because it took too long. */
  get tookTooLong(): boolean {
    return this.#tookTooLong;
  }

  /** Aborts when the run is stopped. */
  get signal(): AbortSignal {
    return this.#upstream.signal;
  }

  /** Takes an event in. Returns the Response that ends the run when this is the last event, which does not wait. */
  take(event: RunEvent): JsonRecord | undefined {
    const end = endOf(event);
    if (end !== undefined) return end;
    const { type, item, output_index: index } = event;
    if (type === "response.output_item.done" && isRecord(item)) {
      this.#finished.set(readCount(index, this.#finished.size), item);
    }
    if (this.#write === undefined) return undefined;
    this.#waiting.push(event);
    if (this.#waiting.length >= fullBatch) this.#write();
    else this.#armTimer(this.#write);
    return undefined;
  }

  /** The events that wait. */
  waiting(): readonly RunEvent[] {
    return this.#waiting;
  }

  /** The events that waited are written. */
  forgetWaiting(): void {
    this.#stopTimer();
    this.#waiting = [];
  }

  /** The items that were finished so far, in order. */
  output(): JsonRecord[] {
    return [...this.#finished].toSorted(([left], [right]) => left - right).map(([, item]) => item);
  }

  /** Ends the upstream call. */
  stop(): void {
    this.#stopTimer();
    clearTimeout(this.#deadline);
    this.#upstream.abort();
  }

  #armTimer(write: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      write();
    }, longestWait);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The event that ends a stream with this Response. */
export function closeRun(response: JsonRecord): RunEvent & { response: JsonRecord } {
  return { type: terminalTypeOf(readText(response["status"])), response };
}
