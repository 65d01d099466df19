import { isRecord } from "./json.ts";

/**
 * A tool as it may be echoed and stored: an MCP server's `authorization` and `headers` hold the client's secrets, and go
 * nowhere but to that server.
 */
export function hideSecrets(tool: unknown): unknown {
  if (!isRecord(tool) || tool["type"] !== "mcp") return tool;
  const { authorization: _token, headers: _headers, ...rest } = tool;
  return rest;
}

/** An object with `tools`, a request or a Response, without the secrets in them. */
export function hideToolSecrets<Fields extends object>(fields: Fields): Fields {
  if (!("tools" in fields) || !Array.isArray(fields.tools) || !fields.tools.some(isMcp)) return fields;
  return { ...fields, tools: fields.tools.map(hideSecrets) };
}

function isMcp(tool: unknown): boolean {
  return isRecord(tool) && tool["type"] === "mcp";
}
