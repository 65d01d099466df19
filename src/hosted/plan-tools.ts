import { type ApiError, invalidRequest } from "../errors.ts";
import type { HostedToolSettings } from "../hosted-tool-settings.ts";
import { renderPath } from "../http/validate.ts";
import type { Warnings } from "../http/warnings.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { type McpServer, readMcpTool } from "./mcp/read-mcp-tool.ts";
import { type SearchOptions, readSearchTool } from "./web-search/read-search-tool.ts";
import { describeProvider } from "./web-search/search-provider.ts";

/** The hosted tools that a request asks for and this Worker runs. */
export interface HostedPlan {
  /** Undefined for none. */
  search: SearchOptions | undefined;
  image: boolean;
  servers: readonly McpServer[];
}

export function isEmptyPlan({ search, image, servers }: HostedPlan): boolean {
  return search === undefined && !image && servers.length === 0;
}

/** A tool of a request and its place in it. */
export interface HostedDefinition {
  definition: JsonRecord & { type: string };
  path: readonly PropertyKey[];
}

/** OpenAI dates its versions. */
const searchType = /^web_search(?:_preview)?(?:_\d{4}_\d{2}_\d{2})?$/;

/** The kind of a hosted tool by its type; undefined for one that this Worker can't run. */
export function kindOfTool(type: string): "web_search" | "image_generation" | "mcp" | undefined {
  if (searchType.test(type)) return "web_search";
  return type === "image_generation" || type === "mcp" ? type : undefined;
}

/** Options of an image that no model of Workers AI takes from here. */
const imageOptions = [
  "action",
  "background",
  "input_fidelity",
  "input_image_mask",
  "model",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "quality",
  "size",
];

/** Fields of an `mcp` tool that steer what only OpenAI's own servers do. */
const ineffectiveMcpFields = ["allowed_callers", "defer_loading"];

/**
 * Reads the tools of a request that are not the client's own. Those that are off, or that nobody here runs, are named in
 * `leftOut`.
 * @throws {ApiError} 400 that names what is wrong or not allowed
 */
export function planTools(
  definitions: readonly HostedDefinition[],
  { settings, isBackground, warnings }: { settings: HostedToolSettings; isBackground: boolean; warnings: Warnings },
): HostedPlan & { leftOut: ReadonlySet<string> } {
  const leftOut = new Set<string>();
  const servers = new Map<string, McpServer>();
  let search: SearchOptions | undefined;
  let image = false;
  for (const { definition, path } of definitions) {
    const param = renderPath(path);
    const { type } = definition;
    const kind = kindOfTool(type);
    if (kind === "web_search" && settings.webSearch !== undefined) {
      if (search !== undefined) warnings.add("A tool that is defined twice was offered once.");
      const provider = describeProvider(settings.webSearch);
      search ??= readSearchTool(definition, { param, provider, warn: (text) => warnings.add(text) });
    } else if (kind === "image_generation" && settings.imageModel !== undefined) {
      image = true;
      warnOfFields(definition, imageOptions, warnings);
    } else if (kind === "mcp" && settings.mcp !== undefined) {
      if (isBackground) refuseSecrets(definition, param);
      warnOfFields(definition, ineffectiveMcpFields, warnings);
      const server = readMcpTool(definition, { path: param, settings: settings.mcp });
      if (servers.has(server.label)) throw labelTaken(param);
      servers.set(server.label, server);
    } else {
      leftOut.add(type);
    }
  }
  return { search, image, servers: [...servers.values()], leftOut };
}

function warnOfFields(definition: JsonRecord, fields: readonly string[], warnings: Warnings): void {
  for (const field of fields) {
    const value = definition[field] ?? false;
    if (value !== false && value !== "auto") warnings.add(`The field ${field} of a tool has no effect here.`);
  }
}

/** A background run begins when its request is over, and what it needs is stored till then: never a token. */
function refuseSecrets(definition: JsonRecord, param: string): void {
  for (const field of ["authorization", "headers"]) {
    if (definition[field] === undefined || definition[field] === null) continue;
    throw invalidRequest({
      code: "unsupported_parameter",
      param: `${param}.${field}`,
      message: `A background response can't have \`${param}.${field}\`: secrets are never stored. Leave \`background\` out, or let the operator set the token in MCP_TOKENS.`,
    });
  }
}

function labelTaken(param: string): ApiError {
  return invalidRequest({
    code: "invalid_value",
    param: `${param}.server_label`,
    message: `Another MCP server has the \`server_label\` in \`${param}\` already. Give each its own.`,
  });
}
