import { threadsPerObject } from "./bounds.ts";
import { createThread } from "./place.ts";

/** Owners whose object is remembered: the one that was asked for longest ago gives way. */
const mostOwners = 1_000;

const current = new Map<string, { thread: string; left: number }>();

/**
 * The object in which a new thread of this owner starts. Making an object costs about ten times as much as a turn in
 * it, so several threads that start in one isolate share one.
 */
export function chooseThread(owner: string): string {
  const { thread, left } = current.get(owner) ?? { thread: createThread(), left: threadsPerObject };
  current.delete(owner);
  if (left > 1) current.set(owner, { thread, left: left - 1 });
  if (current.size > mostOwners) current.delete(current.keys().next().value ?? "");
  return thread;
}
