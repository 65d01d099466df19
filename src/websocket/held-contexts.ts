import type { Context } from "../state/load-context.ts";

/** A lane by its `stream_id`; undefined is the default lane. */
export type LaneName = string | undefined;

/** The context of a response, its output included. */
export interface HeldContext {
  responseId: string;
  earlier: Context["earlier"];
  /** Its length in bytes as JSON, or about that. */
  size: number;
}

/**
 * Bytes of contexts that the connections of one isolate hold together. An isolate has 128 MiB
 * (developers.cloudflare.com/workers/platform/limits), and values take more than their text.
 */
const mostInIsolate = 25_165_824;

let heldInIsolate = 0;

/**
 * What the lanes of a connection can continue: the context of the latest response of each. Nothing of it is stored. Where
 * there is too much of it, the oldest goes first.
 */
export class HeldContexts {
  readonly #mostBytes: number;
  /** In the order in which they were last replaced. */
  readonly #byLane = new Map<LaneName, HeldContext>();
  #size = 0;

  /** `mostBytes`: of this connection's contexts together. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The context of a response: of the lane's own first, since upstream may use an id twice. */
  find(responseId: string, lane: LaneName): (HeldContext & { lane: LaneName }) | undefined {
    const own = this.#byLane.get(lane);
    if (own?.responseId === responseId) return { ...own, lane };
    for (const [name, held] of this.#byLane) if (held.responseId === responseId) return { ...held, lane: name };
    return undefined;
  }

  keep(lane: LaneName, held: HeldContext): void {
    this.drop(lane);
    this.#byLane.set(lane, held);
    this.#grow(held.size);
    for (const [oldest] of this.#byLane) {
      if (this.#size <= this.#mostBytes && heldInIsolate <= mostInIsolate) break;
      this.drop(oldest);
    }
  }

  drop(lane: LaneName): void {
    this.#grow(-(this.#byLane.get(lane)?.size ?? 0));
    this.#byLane.delete(lane);
  }

  /** Lets go of all. */
  clear(): void {
    this.#grow(-this.#size);
    this.#byLane.clear();
  }

  #grow(bytes: number): void {
    this.#size += bytes;
    heldInIsolate += bytes;
  }
}
