/** Items of tools that the Worker runs itself (openai-node 7.57, `responses.d.ts`). Types only. */

/** A search, or a page that was opened. */
export interface WebSearchCallItem {
  id: string;
  type: "web_search_call";
  status: "in_progress" | "completed" | "incomplete" | "failed";
  action:
    | { type: "search"; query: string; queries: string[]; sources?: { type: "url"; url: string }[] }
    | { type: "open_page"; url: string };
  /** What was found, where the request asks for it. */
  results?: { url: string; title: string; text: string }[];
}

export interface ImageGenerationCallItem {
  id: string;
  type: "image_generation_call";
  status: "in_progress" | "completed" | "failed";
  /** Base64; empty where there is no image, since the AI SDK takes no null. */
  result: string;
  /** The prompt that the model wrote. */
  revised_prompt?: string;
  output_format?: "png" | "jpeg" | "webp";
}

/** A tool of an MCP server, as the server lists it. */
export interface McpTool {
  name: string;
  /** Absent when the server gives none: the AI SDK takes a text or nothing, not null. */
  description?: string;
  input_schema: Record<string, unknown>;
  annotations?: Record<string, unknown>;
}

export interface McpListToolsItem {
  id: string;
  type: "mcp_list_tools";
  server_label: string;
  tools: readonly McpTool[];
  /** Absent when the server was asked with success. */
  error?: string;
}

/** Why an MCP call failed (openai-node, `McpToolCallError`). */
export type McpCallError =
  | { type: "http_error"; code: number; message: string }
  | { type: "mcp_protocol_error"; code: number; message: string }
  | { type: "mcp_tool_execution_error"; content: readonly { type: "text"; text: string }[] };

export interface McpCallItem {
  id: string;
  type: "mcp_call";
  status: "in_progress" | "completed" | "incomplete" | "failed";
  /** Of the request by which the user approved the call. */
  approval_request_id: string | null;
  arguments: string;
  error: McpCallError | null;
  name: string;
  output: string | null;
  server_label: string;
}

export interface McpApprovalRequestItem {
  id: string;
  type: "mcp_approval_request";
  arguments: string;
  name: string;
  server_label: string;
}

export type HostedItem =
  | WebSearchCallItem
  | ImageGenerationCallItem
  | McpListToolsItem
  | McpCallItem
  | McpApprovalRequestItem;
