import { mostContextBytes, mostContextItems } from "../state/bounds.ts";
import type { Earlier } from "../state/context.ts";

/** A lane by its `stream_id`; undefined is the default lane. */
export type LaneName = string | undefined;

/** The context of a response, its output included. */
export interface HeldContext {
  responseId: string;
  earlier: Earlier;
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

  /** Keeps the context for the lane, unless it is larger than may be continued. */
  keep(lane: LaneName, held: HeldContext): void {
    this.drop(lane);
    const { earlier, earlierBytes } = held.earlier;
    if (earlierBytes > mostContextBytes || earlier.length > mostContextItems) return;
    this.#byLane.set(lane, held);
    this.#grow(earlierBytes);
    for (const [oldest] of this.#byLane) {
      if (this.#size <= this.#mostBytes && heldInIsolate <= mostInIsolate) break;
      this.drop(oldest);
    }
  }

  drop(lane: LaneName): void {
    this.#grow(-(this.#byLane.get(lane)?.earlier.earlierBytes ?? 0));
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
