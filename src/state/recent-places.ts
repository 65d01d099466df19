import type { Place } from "./place.ts";

/** Responses whose place is remembered: the one that was stored longest ago gives way. */
const mostPlaces = 1_000;

const places = new Map<string, Place>();

interface Response {
  keyName: string;
  id: string;
}

/**
 * Remembers where this isolate has stored a response whose id upstream gave (native mode): the next turn of a thread often
 * comes to the same isolate, and needs not ask the key's index then, which may be on another continent.
 */
export function rememberPlace(response: Response, { thread, turn }: Place): void {
  places.set(nameOf(response), { thread, turn });
  if (places.size > mostPlaces) places.delete(places.keys().next().value ?? "");
}

/** Where the response was when it was stored here. It may have been deleted since, and its id given to another. */
export function recallPlace(response: Response): Place | undefined {
  return places.get(nameOf(response));
}

/** An id has no space in it. */
function nameOf({ keyName, id }: Response): string {
  return `${id} ${keyName}`;
}
