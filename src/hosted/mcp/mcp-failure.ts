import type { McpCallError } from "../../protocol/hosted-items.ts";

/** Longest text of a server's that a message repeats. */
const maxMessageLength = 500;

/** An MCP server that could not be asked, or that answered with an error. */
export class McpFailure extends Error {
  readonly error: McpCallError & { message: string };

  constructor(error: McpCallError & { message: string }, cause?: unknown) {
    super(error.message, { cause });
    this.name = "McpFailure";
    this.error = error;
  }
}

/**
 * A failure of the connection. What has no status of its own gets the one a gateway would answer with: 502 for a server
 * that can't be reached or breaks off, 504 for one that takes too long.
 */
export function httpFailure(code: number, message: string, cause?: unknown): McpFailure {
  return new McpFailure({ type: "http_error", code, message }, cause);
}

/** An error of JSON-RPC, by its code; `message` may be the server's own. */
export function protocolFailure(code: number, message: string): McpFailure {
  return new McpFailure({ type: "mcp_protocol_error", code, message: message.slice(0, maxMessageLength) });
}
