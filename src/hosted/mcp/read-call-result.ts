import type { McpCallError } from "../../protocol/hosted-items.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";

/** How an MCP call ended: what it gave, or the error that the tool itself reports. */
export type McpCallResult = { output: string } | { error: McpCallError; text: string };

/**
 * Reads a `CallToolResult`. Text is kept; images and recordings become a note, since the model reads text only and an
 * item is no place for megabytes of base64.
 *
 *   {"content":[{"type":"text","text":…}|{"type":"image",…}|{"type":"resource",…}],"structuredContent"?,"isError"?}
 */
export function readCallResult(result: JsonRecord): McpCallResult {
  const blocks = Array.isArray(result["content"]) ? result["content"].filter(isRecord) : [];
  const texts = blocks.map(renderBlock);
  // A tool with an output schema should say the same in text, and some don't.
  if (texts.length === 0 && result["structuredContent"] !== undefined) {
    texts.push(JSON.stringify(result["structuredContent"]));
  }
  const text = texts.join("\n");
  if (result["isError"] !== true) return { output: text };
  return {
    error: { type: "mcp_tool_execution_error", content: texts.map((part) => ({ type: "text", text: part })) },
    text,
  };
}

function renderBlock(block: JsonRecord): string {
  switch (block["type"]) {
    case "text":
      return readText(block["text"]);
    case "resource_link":
      return `[${readText(block["name"]) || "resource"}: ${readText(block["uri"])}]`;
    case "resource": {
      const resource = isRecord(block["resource"]) ? block["resource"] : {};
      return readText(resource["text"]) || leaveNote("resource", resource);
    }
    default:
      return leaveNote(readText(block["type"]) || "part", block);
  }
}

function leaveNote(what: string, { mimeType, uri }: JsonRecord): string {
  const details = [readText(mimeType), readText(uri)].filter((detail) => detail !== "").join(", ");
  return `[${what.slice(0, 32)}${details === "" ? "" : ` (${details.slice(0, 200)})`} left out: only text is kept]`;
}
