/**
 * One message to an MCP server over Streamable HTTP, and its answer: JSON, or the last event of a stream. Both eras of the
 * protocol send messages this way (modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http).
 */
import { createParser } from "eventsource-parser";
import { maxDepth, measure } from "../../http/read-json.ts";
import { isRecord, type JsonRecord } from "../../protocol/json.ts";
import { readWhole } from "../../streams/read-whole.ts";
import type { Fetch } from "../../web/fetch-guarded.ts";
import { guardUrl } from "../../web/guard-url.ts";
import { WebFailure } from "../../web/web-failure.ts";
import type { McpAllowance } from "./allowance.ts";
import { httpFailure, McpFailure, protocolFailure } from "./mcp-failure.ts";

export interface McpEndpoint {
  url: string;
  /** What the caller or the operator wants sent along: credentials, above all. */
  headers: Readonly<Record<string, string>>;
  /** Whether a request named the server: its URL then has to pass the guard. The operator may name any. */
  isGuarded: boolean;
  fetch: Fetch;
}

/** What a server answered. */
export interface McpAnswer {
  status: number;
  /** The JSON-RPC response; undefined where there is none, as for a notification. */
  message: { result: JsonRecord } | { error: { code: number; message: string; data: unknown } } | undefined;
  /** `Mcp-Session-Id`: only the older era has sessions. */
  sessionId: string | undefined;
}

const maxRedirects = 3;

/** Bytes read of an answer that is an error. */
const maxErrorBytes = 65_536;

/**
 * Sends a JSON-RPC message. Any status is returned: only the caller knows what it says in its era. A redirect is
 * followed within the origin and only where it repeats the POST, so that credentials stay where they were meant to go.
 * @throws {McpFailure} when there is no answer, or none that can be read
 */
export async function postMessage({
  endpoint,
  message,
  headers,
  allowance,
}: {
  endpoint: McpEndpoint;
  message: JsonRecord;
  headers: Record<string, string>;
  allowance: McpAllowance;
}): Promise<McpAnswer> {
  const init: RequestInit = {
    method: "POST",
    redirect: "manual",
    headers: {
      ...endpoint.headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify(message),
    signal: allowance.signal,
  };
  try {
    const response = await followRedirects(endpoint, init);
    return {
      status: response.status,
      message: await readMessage(response, message["id"], allowance),
      sessionId: response.headers.get("mcp-session-id") ?? undefined,
    };
  } catch (error) {
    const broken = allowance.explain(error);
    if (error instanceof McpFailure) throw error;
    if (!(error instanceof WebFailure)) throw broken;
    throw httpFailure(error.reason === "limit" ? 429 : 403, error.message, error);
  }
}

async function followRedirects({ url: first, isGuarded, fetch }: McpEndpoint, init: RequestInit): Promise<Response> {
  let url = new URL(first);
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    if (isGuarded) url = guardUrl(url.href);
    const response = await fetch(url.href, init);
    if (response.status < 300 || response.status > 399) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    const target = location === null ? null : URL.parse(location, url.href);
    const repeats = response.status === 307 || response.status === 308;
    if (target === null || !repeats || target.origin !== url.origin) {
      throw httpFailure(
        response.status,
        `The MCP server redirects with status ${response.status} to where this Worker does not follow.`,
      );
    }
    url = target;
  }
  throw httpFailure(508, `The MCP server redirects more than ${maxRedirects} times.`);
}

async function readMessage(response: Response, id: unknown, allowance: McpAllowance): Promise<McpAnswer["message"]> {
  const type = response.headers.get("content-type") ?? "";
  if (id !== undefined && response.ok && /^text\/event-stream\b/i.test(type)) {
    return readStream(response, id, allowance);
  }
  if (id === undefined || !/^application\/json\b/i.test(type)) {
    await response.body?.cancel();
    if (id === undefined || !response.ok) return undefined;
    throw protocolFailure(-32_700, "The MCP server answered with neither JSON nor an event stream.");
  }
  const most = response.ok ? allowance.bytesLeft : Math.min(allowance.bytesLeft, maxErrorBytes);
  const bytes = await readWhole(response, most);
  if (bytes === undefined) throw allowance.tooLarge();
  allowance.take(bytes.byteLength);
  const message = readResponse(new TextDecoder().decode(bytes), id);
  if (message === undefined && response.ok) {
    throw protocolFailure(-32_700, "The MCP server's answer is not a JSON-RPC response.");
  }
  return message;
}

/**
 * Reads a stream up to the response: what comes before it are notifications. The older era's servers may also ask the
 * client for something there; this client offers nothing to be asked for.
 */
async function readStream({ body }: Response, id: unknown, allowance: McpAllowance): Promise<McpAnswer["message"]> {
  let message: McpAnswer["message"];
  const parser = createParser({
    onEvent: ({ data }) => {
      message ??= readResponse(data, id);
    },
  });
  const decoder = new TextDecoder();
  // Leaving the loop cancels the stream.
  for await (const piece of body ?? []) {
    allowance.take(piece.byteLength);
    parser.feed(decoder.decode(piece, { stream: true }));
    if (message !== undefined) return message;
  }
  throw httpFailure(502, "The MCP server ended its stream without an answer.");
}

/** The response to the request `id` that a text is; undefined for anything else. An error may come without an id. */
function readResponse(text: string, id: unknown): McpAnswer["message"] {
  // What a server nests deeper would end a recursion over its schemas, and with it the whole Response.
  if (measure(text).depth > maxDepth) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(message)) return undefined;
  const { result, error } = message;
  if (isRecord(result) && message["id"] === id) return { result };
  if (!isRecord(error) || ![id, null, undefined].includes(message["id"])) return undefined;
  const { code, message: said, data } = error;
  return typeof code === "number" && typeof said === "string" ? { error: { code, message: said, data } } : undefined;
}
