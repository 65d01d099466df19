import type { Call } from "../call.ts";
import { mostContextBytes } from "./bounds.ts";
import type { Place } from "./place.ts";
import { type Conversion, ownId, parseConversions, parseItems, type StoredItem } from "./stored-item.ts";
import type { ContextSource, ThreadContext, ThreadRpc } from "./thread-rpc.ts";

/** All that the model is given, and where its answer goes. */
export interface Context {
  /** The turns before this one, oldest first: what they were given and what they answered. */
  earlier: readonly StoredItem[];
  /** Of JSON. */
  earlierBytes: number;
  /** The request's own input, its references resolved. */
  own: string | readonly unknown[];
  /** What was converted of its items, by their index. */
  conversions?: ReadonlyMap<number, readonly Conversion[]>;
  /** Where the turn is stored, if it is. In compat mode the response's id says where. */
  place: Place;
  /** The turn in the same thread that this one continues. Without one, a stored turn holds what is `earlier` too. */
  parent: number | undefined;
  /** The conversation that this turn continues, as it was read. */
  conversation: { version: number } | undefined;
}

/** What a request continues. */
export interface Earlier extends Omit<Context, "own" | "place" | "conversions"> {
  /** Undefined when the turn is to start a thread of its own. */
  thread: string | undefined;
}

/** A request that continues nothing. */
export const nothing: Earlier = {
  earlier: [],
  earlierBytes: 0,
  thread: undefined,
  parent: undefined,
  conversation: undefined,
};

/** What a turn gives to the one that continues it. The next turn of a full object takes it into another. */
export function continueTurn({ thread, turn }: Place, context: ThreadContext, parse: Parse): Earlier {
  const place = context.isFull ? { thread: undefined, parent: undefined } : { thread, parent: turn };
  return { ...nothing, ...place, earlier: parseEarlier(context, parse), earlierBytes: context.bytes };
}

export type Parse = (source: string) => unknown;

/** The items of a context. Each has its id in the thread where ids were asked for, else its own `id`. */
export function parseEarlier({ items, ids, conversions }: ThreadContext, parse: Parse): StoredItem[] {
  const converted = parseConversions(conversions);
  return parseItems(items, parse).map((item, index) => ({
    id: ids[index] ?? ownId(item),
    item,
    conversions: converted.get(index),
  }));
}

/**
 * Contexts up to this size are read at once. A larger one takes two reads: of its size, for which room is taken, and of
 * its items.
 */
const smallContextBytes = 1_048_576;

/**
 * Reads a context, with no more in the isolate at once than it has room for.
 * @throws {ApiError} 503 when other requests have taken the room
 */
export async function readContext(
  { keyName, memory }: Call,
  thread: ThreadRpc,
  { source, withIds }: { source: ContextSource; withIds: boolean },
): Promise<ThreadContext | undefined> {
  const context = await thread.readContext(keyName, source, { withIds, mostBytes: smallContextBytes });
  const isWhole = context === undefined || context.isTooLarge || context.bytes <= smallContextBytes;
  if (isWhole || context.status !== "final") return context;
  memory?.take(context.bytes);
  return thread.readContext(keyName, source, { withIds, mostBytes: mostContextBytes });
}
