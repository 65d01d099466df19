/** The kinds of things that have an id, by the prefix OpenAI gives them. */
export type IdPrefix = "resp" | "conv" | "call" | "item" | ItemPrefix;

/** The kinds of output items: messages, reasoning, calls of the client's tools and of hosted ones, a compaction. */
type ItemPrefix =
  | "msg"
  | "rs"
  | "fc"
  | "ctc"
  | "sh"
  | "lsh"
  | "apc"
  | "tsc"
  | "ws"
  | "ig"
  | "mcp"
  | "mcpl"
  | "mcpr"
  | "cmp";

/** What an id may be made of. Ids name Durable Objects: nothing else is looked up. */
export const idPattern = /^[\w-]{1,128}$/;

/** Makes `<prefix>_` and 32 hex digits: 122 random bits from the runtime's cryptographic source. */
export function createId(prefix: IdPrefix): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The place of an output item: the response that it belongs to, and where in its output. */
export interface OutputPlace {
  /** As `responseIdOf` made it. */
  responseId: string;
  output_index: number;
}

/**
 * Makes an output item's id: the prefix, the hex digits of its response's id, and its `output_index` in four more. An
 * item that is referred to by this id alone is found through it: see `state/place.ts`.
 */
export function createItemId(prefix: IdPrefix, { responseId, output_index }: OutputPlace): string {
  return `${prefix}_${responseId.slice("resp_".length)}${output_index.toString(16).padStart(4, "0")}`;
}
