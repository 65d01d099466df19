/**
 * MCP has two eras. Since revision 2026-07-28 every request carries all a server has to know; before, a client had to
 * say hello first and often got a session (modelcontextprotocol.io/specification/2026-07-28/basic/versioning).
 */
import type { JsonRecord } from "../../protocol/json.ts";

export const modernVersion = "2026-07-28";

/** Newest first: the first is what this client asks for. */
export const legacyVersions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

export const clientInfo = { name: "responses-api-on-workers-ai", version: "1" };

/** How a server wants to be spoken to. */
export type McpConnection = { era: "modern" } | { era: "legacy"; version: string; sessionId: string | undefined };

export interface McpRequest {
  method: string;
  params: JsonRecord;
  /** Headers that only the newer era knows: `Mcp-Name`, `Mcp-Param-…`. */
  modernHeaders?: Readonly<Record<string, string>>;
}

/** Turns a request into the message and the headers of the server's era. */
export function dressRequest(
  { method, params, modernHeaders }: McpRequest,
  connection: McpConnection,
): { message: JsonRecord; headers: Record<string, string> } {
  if (connection.era === "legacy") {
    return { message: { jsonrpc: "2.0", method, params }, headers: legacyHeaders(connection) };
  }
  const meta = {
    "io.modelcontextprotocol/protocolVersion": modernVersion,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return {
    message: { jsonrpc: "2.0", method, params: { ...params, _meta: meta } },
    headers: { "mcp-protocol-version": modernVersion, "mcp-method": method, ...modernHeaders },
  };
}

/** What every message after the greeting carries. */
export function legacyHeaders({ version, sessionId }: McpConnection & { era: "legacy" }): Record<string, string> {
  return { "mcp-protocol-version": version, ...(sessionId !== undefined && { "mcp-session-id": sessionId }) };
}
