/**
 * A client of one MCP server for the length of one Response: lists its tools and calls them, in whichever era of the
 * protocol the server speaks. `@modelcontextprotocol/client` can do it too, and much more: it costs a Worker 25 to 45 ms
 * of start-up and 86 KiB (2.4.0, measured in November 2026), as much as all the rest of this one.
 */
import type { McpTool } from "../../protocol/hosted-items.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import { McpAllowance } from "./allowance.ts";
import { findConnection, forgetEra, statusFailure } from "./find-connection.ts";
import { protocolFailure } from "./mcp-failure.ts";
import { encodeHeader, findMirrors, mirrorArguments } from "./mirror-headers.ts";
import { type McpAnswer, type McpEndpoint, postMessage } from "./post-message.ts";
import { dressRequest, legacyHeaders, type McpConnection, type McpRequest } from "./protocol-eras.ts";

/** What one server may take of a Response's time and memory. */
export interface McpLimits {
  /** For the whole list: finding out how the server speaks, and all pages. */
  listTimeoutMs: number;
  /** Bytes of all pages together. */
  maxListBytes: number;
  callTimeoutMs: number;
  /** Bytes of the answer to a call. */
  maxBytes: number;
}

export const mcpLimits: McpLimits = {
  listTimeoutMs: 20_000,
  maxListBytes: 2_097_152,
  callTimeoutMs: 60_000,
  maxBytes: 1_048_576,
};

/** Most tools of one server: as many as a request may offer in all. */
const maxTools = 1_000;
const maxPages = 20;

export class McpClient {
  readonly #endpoint: McpEndpoint;
  readonly #limits: McpLimits;
  #connection: Promise<McpConnection> | undefined;
  #lastId = 0;

  constructor(endpoint: McpEndpoint, limits: McpLimits = mcpLimits) {
    this.#endpoint = endpoint;
    this.#limits = limits;
  }

  /** Lists all tools of the server, page by page. @throws {McpFailure} */
  async listTools(signal: AbortSignal): Promise<McpTool[]> {
    const { listTimeoutMs: timeoutMs, maxListBytes: maxBytes } = this.#limits;
    const allowance = new McpAllowance({ what: "list of tools", timeoutMs, maxBytes, signal });
    const tools = new Map<string, McpTool>();
    let cursor = "";
    for (let page = 0; page < maxPages; page += 1) {
      const result = await this.#request({ method: "tools/list", params: cursor === "" ? {} : { cursor } }, allowance);
      for (const tool of readTools(result["tools"])) if (!tools.has(tool.name)) tools.set(tool.name, tool);
      if (tools.size > maxTools) throw protocolFailure(-32_603, `The MCP server lists more than ${maxTools} tools.`);
      cursor = readText(result["nextCursor"]);
      if (cursor === "") return [...tools.values()];
    }
    throw protocolFailure(-32_603, `The MCP server's list of tools has more than ${maxPages} pages.`);
  }

  /** Calls a tool; what comes back is a `CallToolResult`, which may be the tool's own error. @throws {McpFailure} */
  callTool(
    { name, input_schema }: Pick<McpTool, "name" | "input_schema">,
    given: JsonRecord,
    signal: AbortSignal,
  ): Promise<JsonRecord> {
    const { callTimeoutMs: timeoutMs, maxBytes } = this.#limits;
    return this.#request(
      {
        method: "tools/call",
        params: { name, arguments: given },
        modernHeaders: { "mcp-name": encodeHeader(name), ...mirrorArguments(input_schema, given) },
      },
      new McpAllowance({ what: "answer", timeoutMs, maxBytes, signal }),
    );
  }

  /** Ends the session where there is one. Never fails: a session that nobody ends expires. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    if (connection?.era !== "legacy" || connection.sessionId === undefined) return;
    const { url, headers, fetch } = this.#endpoint;
    await fetch(url, {
      method: "DELETE",
      redirect: "manual",
      headers: { ...headers, ...legacyHeaders(connection) },
      signal: AbortSignal.timeout(5_000),
    }).then(
      (response) => response.body?.cancel(),
      () => undefined,
    );
  }

  /** A session that the server has forgotten is begun anew, once: it has not done anything in it. */
  async #request(request: McpRequest, allowance: McpAllowance): Promise<JsonRecord> {
    const connection = await this.#connect(allowance);
    const answer = await this.#post(request, connection, allowance);
    const isForgotten = answer.status === 404 && connection.era === "legacy" && connection.sessionId !== undefined;
    if (!isForgotten) return this.#readResult(answer);
    this.#connection = undefined;
    return this.#readResult(await this.#post(request, await this.#connect(allowance), allowance));
  }

  #post(request: McpRequest, connection: McpConnection, allowance: McpAllowance): Promise<McpAnswer> {
    return this.#send({ ...dressRequest(request, connection), allowance });
  }

  /** Calls that run side by side share one connection; one that failed is tried anew by the next call. */
  #connect(allowance: McpAllowance): Promise<McpConnection> {
    this.#connection ??= findConnection(this.#endpoint.url, (message, headers) =>
      this.#send({ message, headers, allowance }),
    ).catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  /** Gives a request its id. A notification has none, and gets no answer. */
  #send({ message, ...rest }: Omit<Parameters<typeof postMessage>[0], "endpoint">): Promise<McpAnswer> {
    const isNotification = readText(message["method"]).startsWith("notifications/");
    return postMessage({
      ...rest,
      endpoint: this.#endpoint,
      message: isNotification ? message : { ...message, id: (this.#lastId += 1) },
    });
  }

  #readResult({ status, message }: McpAnswer): JsonRecord {
    if (message === undefined) {
      if (status === 400 || status === 404) forgetEra(this.#endpoint.url);
      throw statusFailure(status);
    }
    if ("error" in message) throw protocolFailure(message.error.code, message.error.message);
    const type = message.result["resultType"] ?? "complete";
    if (type === "complete") return message.result;
    throw protocolFailure(
      -32_603,
      type === "input_required"
        ? "The MCP server asks for more input before it runs the tool, which this Worker can't give."
        : "The MCP server answered with a kind of result that this Worker doesn't know.",
    );
  }
}

/** Tools that can't be called are left out: those without a name, and those whose headers are asked for wrongly. */
function readTools(tools: unknown): McpTool[] {
  return (Array.isArray(tools) ? tools : []).filter(isRecord).flatMap((tool) => {
    const { name, description, inputSchema, annotations } = tool;
    if (typeof name !== "string" || name === "" || findMirrors(inputSchema) === undefined) return [];
    return [
      {
        name,
        ...(typeof description === "string" && { description }),
        input_schema: isRecord(inputSchema) ? inputSchema : { type: "object" },
        ...(isRecord(annotations) && { annotations }),
      },
    ];
  });
}
