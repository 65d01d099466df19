/** What a client must manage: the rows of the table. */
export const capabilities = [
  "text",
  "streaming",
  "one tool round trip",
  "two parallel tool calls",
  "structured output",
  "multi-turn",
  "multi-turn, stored history",
  "multi-turn, conversation",
  "reasoning, no summary asked",
  "reasoning, summary asked",
  "an invalid request",
  "429, then success",
  "answer cut at the token limit",
  "upstream dies mid-stream",
  "client leaves mid-stream",
] as const;

export type Capability = (typeof capabilities)[number];

/** A case for every capability; undefined where the client itself has no such thing. */
export type Cases = Record<Capability, (() => Promise<void>) | undefined>;
