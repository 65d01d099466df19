import type { McpTool } from "../../protocol/hosted-items.ts";
import { isRecord, type JsonRecord } from "../../protocol/json.ts";

/** Which tools a request means (openai-openapi, `MCPToolFilter`): by name, by whether they only read, by both. */
export interface ToolFilter {
  toolNames: readonly string[] | undefined;
  readOnly: boolean | undefined;
}

/** Reads `{tool_names?, read_only?}`; undefined for anything else. */
export function readFilter(value: unknown): ToolFilter | undefined {
  if (!isRecord(value)) return undefined;
  const { tool_names: names = null, read_only: readOnly = null } = value;
  if (names !== null && !isNames(names)) return undefined;
  if (readOnly !== null && typeof readOnly !== "boolean") return undefined;
  return { toolNames: names ?? undefined, readOnly: readOnly ?? undefined };
}

export function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** Whether a tool is meant. A filter that says nothing means no tool in particular, so every one. */
export function matchesFilter(
  { name, annotations }: Pick<McpTool, "name" | "annotations">,
  filter: ToolFilter,
): boolean {
  const { toolNames, readOnly } = filter;
  if (toolNames !== undefined && !toolNames.includes(name)) return false;
  return readOnly === undefined || isReadOnly(annotations) === readOnly;
}

/** By MCP's default a tool may change things, whatever it is called. */
function isReadOnly(annotations: JsonRecord | undefined): boolean {
  return annotations?.["readOnlyHint"] === true;
}
