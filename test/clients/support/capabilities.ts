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
  "a web search",
  "an MCP call, approved",
  "an invalid request",
  "429, then success",
  "answer cut at the token limit",
  "upstream dies mid-stream",
  "client leaves mid-stream",
  "over a WebSocket",
  "over a WebSocket, tool calls",
  "over a WebSocket, multi-turn",
] as const;

export type Capability = (typeof capabilities)[number];

type Case = () => Promise<void>;

/** What not every client was tried with: its file may have no case for it. */
type Optional =
  | "a PDF and a PNG"
  | "a web search"
  | "an MCP call, approved"
  | Extract<Capability, `over a WebSocket${string}`>;

/** A case for every capability; undefined where the client itself has no such thing. */
export type Cases = Record<Exclude<Capability, Optional>, Case | undefined> &
  Partial<Record<Optional, Case | undefined>>;
