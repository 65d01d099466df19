import { tooManyLanes, tooManyWaiting } from "./frame-errors.ts";
import type { LaneName } from "./held-contexts.ts";
import { Slots } from "./slots.ts";

/** Lanes with a name that a connection may have. */
const mostLanes = 32;

/** Turns of a connection that go on at once. */
const mostTurns = 16;

/** Frames that may wait for their turn. */
const mostWaiting = 64;

interface Lane {
  /** Settles when the turns so far have ended. */
  tail: Promise<void>;
  /** Turns that have not ended. */
  length: number;
}

/** The order of a connection's turns: in each lane one after another, the lanes side by side. */
export class TurnQueue {
  readonly #mostBytes: number;
  readonly #lanes = new Map<LaneName, Lane>();
  readonly #slots = new Slots(mostTurns);
  #running = 0;
  #waitingFrames = 0;
  #waitingBytes = 0;

  /** `mostBytes`: of the frames that wait, together. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /**
   * Calls `run` when it is the turn of a frame of so many bytes; it must not reject. Gives whether the frame has to wait.
   * @throws {ApiError} 400 for a lane too many, 429 for a frame too many
   */
  add(name: LaneName, bytes: number, run: () => Promise<void>): boolean {
    const lane = this.#lanes.get(name) ?? { tail: Promise.resolve(), length: 0 };
    const namedLanes = this.#lanes.size - (this.#lanes.has(undefined) ? 1 : 0);
    if (name !== undefined && !this.#lanes.has(name) && namedLanes === mostLanes) throw tooManyLanes(mostLanes);
    if (this.#waitingFrames === mostWaiting || this.#waitingBytes + bytes > this.#mostBytes) throw tooManyWaiting();
    const hasToWait = lane.length > 0 || this.#running === mostTurns;
    this.#lanes.set(name, lane);
    this.#waitingFrames += 1;
    this.#waitingBytes += bytes;
    lane.length += 1;
    lane.tail = lane.tail.then(async () => {
      const freeSlot = await this.#slots.take();
      this.#waitingFrames -= 1;
      this.#waitingBytes -= bytes;
      this.#running += 1;
      await run();
      this.#running -= 1;
      lane.length -= 1;
      freeSlot();
    });
    return hasToWait;
  }
}
