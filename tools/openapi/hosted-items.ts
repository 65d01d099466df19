/** The items of tools that the Worker runs itself, as schemas. */
import * as z from "zod/mini";

const anything = z.record(z.string(), z.unknown());

const hostedStatus = z.enum(["in_progress", "completed", "incomplete", "failed"]);

export const WebSearchCall = z.object({
  id: z.string(),
  type: z.literal("web_search_call"),
  status: hostedStatus,
  action: z.union([
    z.object({
      type: z.literal("search"),
      query: z.string(),
      queries: z.array(z.string()),
      sources: z.optional(z.array(z.object({ type: z.literal("url"), url: z.string() }))),
    }),
    z.object({ type: z.literal("open_page"), url: z.string() }),
  ]),
  results: z.optional(z.array(z.object({ url: z.string(), title: z.string(), text: z.string() }))),
});

export const ImageGenerationCall = z.object({
  id: z.string(),
  type: z.literal("image_generation_call"),
  status: z.enum(["in_progress", "completed", "failed"]),
  result: z.string(),
  revised_prompt: z.optional(z.string()),
  output_format: z.optional(z.enum(["png", "jpeg", "webp"])),
});

export const McpListTools = z.object({
  id: z.string(),
  type: z.literal("mcp_list_tools"),
  server_label: z.string(),
  tools: z.readonly(
    z.array(
      z.object({
        name: z.string(),
        description: z.optional(z.string()),
        input_schema: anything,
        annotations: z.optional(anything),
      }),
    ),
  ),
  error: z.optional(z.string()),
});

const mcpError = { code: z.int(), message: z.string() };

export const McpCall = z.object({
  id: z.string(),
  type: z.literal("mcp_call"),
  status: hostedStatus,
  server_label: z.string(),
  name: z.string(),
  arguments: z.string(),
  output: z.nullable(z.string()),
  error: z.nullable(
    z.union([
      z.object({ type: z.literal("http_error"), ...mcpError }),
      z.object({ type: z.literal("mcp_protocol_error"), ...mcpError }),
      z.object({
        type: z.literal("mcp_tool_execution_error"),
        content: z.readonly(z.array(z.object({ type: z.literal("text"), text: z.string() }))),
      }),
    ]),
  ),
  approval_request_id: z.nullable(z.string()),
});

export const McpApprovalRequest = z.object({
  id: z.string(),
  type: z.literal("mcp_approval_request"),
  server_label: z.string(),
  name: z.string(),
  arguments: z.string(),
});
