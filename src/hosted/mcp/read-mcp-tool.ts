import { type ApiError, invalidRequest } from "../../errors.ts";
import type { HostedToolSettings } from "../../hosted-tool-settings.ts";
import type { McpTool } from "../../protocol/hosted-items.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import { guardUrl } from "../../web/guard-url.ts";
import { WebFailure } from "../../web/web-failure.ts";
import { isNames, matchesFilter, readFilter, type ToolFilter } from "./filter-tools.ts";

/** An MCP server as one request wants it used. */
export interface McpServer {
  /** Its place in the request, such as `tools[2]`. */
  path: string;
  label: string;
  /** What the caller says of the server, for the model. */
  description: string;
  url: string;
  /** Sent to `url` with every message: tokens are among them, so they are never stored, repeated or logged. */
  headers: Readonly<Record<string, string>>;
  /** Whether the request named the URL, so that it has to pass the guard. */
  isGuarded: boolean;
  isAllowed: (tool: Pick<McpTool, "name" | "annotations">) => boolean;
  needsApproval: (tool: Pick<McpTool, "name" | "annotations">) => boolean;
  /** Whether any tool may need approval. */
  mayNeedApproval: boolean;
}

const labelPattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Headers that belong to the message or to the connection, not to the caller. */
const ownHeaders =
  /^(?:accept|connection|content-.*|cookie|expect|host|mcp-.*|te|trailer|transfer-encoding|upgrade|cf-.*|x-forwarded-.*)$/;

const maxHeaders = 32;

/**
 * Reads an `mcp` tool.
 * @param path of the tool in the request, such as `tools[2]`
 * @throws {ApiError} 400 that names what is wrong or not allowed; it never repeats a token
 */
export function readMcpTool(
  definition: JsonRecord,
  { path, settings }: { path: string; settings: NonNullable<HostedToolSettings["mcp"]> },
): McpServer {
  const label = readText(definition["server_label"]);
  if (!labelPattern.test(label)) {
    throw wrong(`${path}.server_label`, "must begin with a letter, and have at most 64 letters, digits, - and _");
  }
  for (const field of ["connector_id", "tunnel_id"]) {
    if (definition[field] === undefined || definition[field] === null) continue;
    throw invalidRequest({
      code: "unsupported_tool",
      param: `${path}.${field}`,
      message: `The field \`${path}.${field}\` names a service of OpenAI's own, which this Worker can't reach. Send a \`server_url\`.`,
    });
  }
  const approval = readApproval(definition["require_approval"], `${path}.require_approval`);
  return {
    path,
    label,
    description: readText(definition["server_description"]),
    ...findServer(definition, { label, path, settings }),
    isAllowed: readAllowed(definition["allowed_tools"], `${path}.allowed_tools`),
    ...approval,
  };
}

/** The server a label stands for by the operator's setting, or the one the request names where it may. */
function findServer(
  definition: JsonRecord,
  { label, path, settings }: { label: string; path: string; settings: NonNullable<HostedToolSettings["mcp"]> },
): Pick<McpServer, "url" | "headers" | "isGuarded"> {
  const { server_url: given = null, authorization = null } = definition;
  const headers = readHeaders(definition["headers"], `${path}.headers`);
  if (authorization !== null) {
    if (typeof authorization !== "string" || !isHeaderValue(authorization)) {
      throw wrong(`${path}.authorization`, "must be a token of visible characters");
    }
    // A caller that thinks of the header rather than of the token in it.
    headers["authorization"] = `Bearer ${authorization.replace(/^Bearer /i, "")}`;
  }
  const known = settings.servers.get(label);
  if (known !== undefined && (given === null || isSameUrl(given, known.url))) {
    const own = known.token === undefined ? {} : { authorization: `Bearer ${known.token}` };
    return { url: known.url, headers: { ...own, ...headers }, isGuarded: false };
  }
  if (known !== undefined || !settings.allowsOthers) throw notAllowed(path, [...settings.servers.keys()]);
  if (typeof given !== "string") throw wrong(`${path}.server_url`, "must be the URL of the MCP server");
  try {
    return { url: guardUrl(given).href, headers, isGuarded: true };
  } catch (error) {
    if (!(error instanceof WebFailure)) throw error;
    throw invalidRequest({
      code: "mcp_server_not_allowed",
      param: path,
      message: `The field \`${path}.server_url\` can't be used. ${error.message}`,
    });
  }
}

function isSameUrl(given: unknown, known: string): boolean {
  return typeof given === "string" && URL.parse(given)?.href === URL.parse(known)?.href;
}

function notAllowed(path: string, labels: readonly string[]): ApiError {
  const allowed = labels.length === 0 ? "none" : labels.join(", ");
  return invalidRequest({
    code: "mcp_server_not_allowed",
    param: path,
    message: `The MCP server in \`${path}\` is not one that this Worker may call. By \`server_label\` it may call: ${allowed}. Leave \`server_url\` out for them; the operator adds servers in MCP_SERVERS.`,
  });
}

function readHeaders(headers: unknown, param: string): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  const entries = isRecord(headers) ? Object.entries(headers) : undefined;
  if (entries === undefined || entries.length > maxHeaders) {
    throw wrong(param, `must be an object of at most ${maxHeaders} headers`);
  }
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const lower = name.toLowerCase();
      if (!/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name) || typeof value !== "string" || !isHeaderValue(value)) {
        throw wrong(param, "must hold header names with values of visible characters");
      }
      if (ownHeaders.test(lower)) throw wrong(param, `must not set the header ${lower}`);
      return [lower, value];
    }),
  );
}

function isHeaderValue(text: string): boolean {
  return /^[\u0021-\u007e](?:[\u0020-\u007e]{0,8190}[\u0021-\u007e])?$/.test(text);
}

function readAllowed(allowed: unknown, param: string): McpServer["isAllowed"] {
  if (allowed === undefined || allowed === null) return () => true;
  if (isNames(allowed)) return ({ name }) => allowed.includes(name);
  const filter = readFilter(allowed);
  if (filter === undefined) throw wrong(param, "must be an array of tool names or {tool_names?, read_only?}");
  return (tool) => matchesFilter(tool, filter);
}

/**
 * By default every call needs approval. With `always` alone the other tools need none, with `never` alone they do; where
 * both are given, a tool that neither names, or that both name, needs it.
 */
function readApproval(value: unknown, param: string): Pick<McpServer, "needsApproval" | "mayNeedApproval"> {
  if (value === undefined || value === null || value === "always") {
    return { needsApproval: () => true, mayNeedApproval: true };
  }
  if (value === "never") return { needsApproval: () => false, mayNeedApproval: false };
  if (!isRecord(value)) throw wrong(param, "must be always, never or {always?, never?} with filters");
  const always = readApprovalFilter(value["always"], `${param}.always`);
  const never = readApprovalFilter(value["never"], `${param}.never`);
  return {
    needsApproval: (tool) => {
      if (always !== undefined && matchesFilter(tool, always)) return true;
      return never === undefined ? always === undefined : !matchesFilter(tool, never);
    },
    mayNeedApproval: true,
  };
}

function readApprovalFilter(value: unknown, param: string): ToolFilter | undefined {
  if (value === undefined || value === null) return undefined;
  const filter = readFilter(value);
  if (filter === undefined) throw wrong(param, "must be {tool_names?, read_only?}");
  return filter;
}

function wrong(param: string, expectation: string): ApiError {
  return invalidRequest({ code: "invalid_value", param, message: `The field \`${param}\` ${expectation}.` });
}
