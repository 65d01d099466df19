/** The kinds of things that carry an id, by the prefix OpenAI gives them. */
export type IdPrefix = "resp" | "conv" | "msg" | "rs" | "fc" | "ctc" | "call" | "cmp" | "item";

/** Makes `<prefix>_` and 32 hex digits: 122 random bits from the runtime's cryptographic source. */
export function createId(prefix: IdPrefix): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}
