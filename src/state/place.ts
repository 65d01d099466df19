/**
 * Ids that say where things are. No id can be guessed, and none says how many there are.
 *
 *   conv_ <thread>                a conversation, which is a thread
 *   resp_ <thread> <turn>         a Response that this Worker made
 *   msg_  <thread> <turn> <item>  an item of it; rs_, fc_, ctc_ and others likewise
 *
 * <thread> is 32 hex digits, 122 random bits. <turn> is 13, 52 random bits: an integer that JavaScript and SQLite hold
 * exactly. <item> is 4: the place in the output, or from 8000 on in the input.
 */

/** Where a turn is. */
export interface Place {
  /** Name of the thread's object. */
  thread: string;
  turn: number;
}

/** Where an item is: `seq` is its row in the thread. */
export interface ItemPlace extends Place {
  seq: number;
}

/** Rows of a turn: its input from 0 on, its output from here on. */
export const firstOutput = 0x80_00;

/** The row of the Response without its output. */
export const responseSeq = -1;

/** Makes the name of a new thread. */
export function createThread(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Makes the number of a new turn: 1 to 2^52 - 1. */
export function createTurn(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high & 0xf_ff_ff) * 0x1_00_00_00_00 + low || 1;
}

export function responseIdOf(place: Place): string {
  return `resp_${digitsOf(place)}`;
}

/** The id of an item by its row. */
export function itemIdOf(prefix: string, { seq, ...place }: ItemPlace): string {
  return `${prefix}_${digitsOf(place)}${(seq ^ firstOutput).toString(16).padStart(4, "0")}`;
}

/** Where the Response with this id is; undefined for an id that this Worker did not make. */
export function placeOfResponse(id: string): Place | undefined {
  const [, thread, turn] = /^resp_([0-9a-f]{32})([0-9a-f]{13})$/.exec(id) ?? [];
  return thread === undefined || turn === undefined ? undefined : { thread, turn: Number.parseInt(turn, 16) };
}

/** Where the item with this id is; undefined for an id that this Worker did not make. */
export function placeOfItem(id: string): ItemPlace | undefined {
  const [, thread, turn, item] = /^[a-z]{1,16}_([0-9a-f]{32})([0-9a-f]{13})([0-9a-f]{4})$/.exec(id) ?? [];
  if (thread === undefined || turn === undefined || item === undefined) return undefined;
  return { thread, turn: Number.parseInt(turn, 16), seq: Number.parseInt(item, 16) ^ firstOutput };
}

/** The thread of the conversation with this id; undefined for what can't be one's id. */
export function threadOfConversation(id: string): string | undefined {
  return /^conv_([0-9a-f]{32})$/.exec(id)?.[1];
}

function digitsOf({ thread, turn }: Place): string {
  return `${thread}${turn.toString(16).padStart(13, "0")}`;
}
