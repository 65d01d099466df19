import type { EventBody } from "./events.ts";

/**
 * Where the events of an item go, and its place in the output. An item has a writer, which emits its events as it grows: a
 * live answer and the replay of a whole one use the same writers, so that both give the same events.
 */
export interface ItemSlot {
  emit: (event: EventBody) => void;
  output_index: number;
}

/** Fields of an item or a part that are the same from its start to its end. */
export type Fixed<Whole, Growing extends keyof Whole> = Omit<Whole, Growing | "type">;
