/** What a client must manage: the rows of the table. */
export const capabilities = [
  "text",
  "streaming",
  "one tool round trip",
  "two parallel tool calls",
  "shell, apply_patch, tool_search",
  "structured output",
  "multi-turn",
  "multi-turn, stored history",
  "multi-turn, conversation",
  "reasoning, no summary asked",
  "reasoning, summary asked",
  "a PDF and a PNG",
  "an invalid request",
  "429, then success",
  "answer cut at the token limit",
  "upstream dies mid-stream",
  "client leaves mid-stream",
] as const;

export type Capability = (typeof capabilities)[number];

type Case = () => Promise<void>;

/** Not every client's file has a case for it. */
export const optional = "a PDF and a PNG";

/** A case for every capability; undefined where the client itself has no such thing. */
export type Cases = Record<Exclude<Capability, typeof optional>, Case | undefined> & { [optional]?: Case };
