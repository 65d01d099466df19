/**
 * Acts when a wait takes too long, and again each time it takes as long once more. One timer serves all waits of a
 * stream: to start and to end a wait costs next to nothing.
 */
export class SilenceWatch {
  readonly #afterMs: number;
  readonly #act: () => void;
  #waitingSince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(afterMs: number, act: () => void) {
    this.#afterMs = afterMs;
    this.#act = act;
  }

  startWaiting(): void {
    this.#waitingSince = Date.now();
    if (this.#timer === undefined) this.#arm(this.#afterMs);
  }

  endWaiting(): void {
    this.#waitingSince = undefined;
  }

  /** Ends the watch for good: no timer is left. */
  stop(): void {
    this.#waitingSince = undefined;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#check(), milliseconds);
  }

  #check(): void {
    this.#timer = undefined;
    // Nobody waits: the next wait arms the timer again.
    if (this.#waitingSince === undefined) return;
    const left = this.#waitingSince + this.#afterMs - Date.now();
    if (left > 0) return this.#arm(left);
    this.#waitingSince = Date.now();
    this.#arm(this.#afterMs);
    this.#act();
  }
}
