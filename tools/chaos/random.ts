/** Draws that a seed decides: the same seed, the same storm. */
export interface Random {
  /** A whole number from 0 to `below`, `below` not included. */
  below(below: number): number;
  pick<Choice>(choices: readonly Choice[]): Choice;
  bytes(length: number): Buffer;
}

/** mulberry32 (public domain, Tommy Ettinger): 32 bits of state, which is plenty for drawing faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return {
    below,
    pick(choices) {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new Error("nothing to pick from");
      return choice;
    },
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => below(256))),
  };
}
