import type { Call } from "../call.ts";
import { mostContextBytes } from "./bounds.ts";
import type { Place } from "./place.ts";
import { parseItems } from "./stored-item.ts";
import type { ContextSource, ThreadContext, ThreadRpc } from "./thread-rpc.ts";

/** All that the model is given, and where its answer goes. */
export interface Context {
  /** The turns before this one, oldest first: what they were given and what they answered. */
  earlier: readonly unknown[];
  /** Of JSON. */
  earlierBytes: number;
  /** The request's own input, its references resolved. */
  own: string | readonly unknown[];
  /** Where the turn is stored, if it is. In compat mode the response's id says so. */
  place: Place;
  /** The turn in the same thread that this one continues. Without one, a stored turn holds what is `earlier` too. */
  parent: number | undefined;
  /** The conversation that this turn continues, as it was read. */
  conversation: { version: number } | undefined;
}

/** What a request continues. */
export interface Earlier extends Omit<Context, "own" | "place"> {
  /** Undefined when the turn is to start a thread of its own. */
  thread: string | undefined;
  /** By which the earlier items can be referred to; only read where the request refers to any. */
  ids: readonly string[];
}

/** A request that continues nothing. */
export const nothing: Earlier = {
  earlier: [],
  earlierBytes: 0,
  ids: [],
  thread: undefined,
  parent: undefined,
  conversation: undefined,
};

/** What a turn gives to the one that continues it. The next turn of a full object takes it into another. */
export function continueTurn(
  { thread, turn }: Place,
  { items, ids, isFull }: ThreadContext,
  parse: (text: string) => unknown,
): Earlier {
  const place = isFull ? { thread: undefined, parent: undefined } : { thread, parent: turn };
  return { ...nothing, ...place, earlier: parseItems(items, parse), earlierBytes: items.length, ids };
}

/** Contexts up to this size are read at once. Of a larger one the size is read first, and room for it is taken. */
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
