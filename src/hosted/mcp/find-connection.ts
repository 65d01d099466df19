import { readText, type JsonRecord } from "../../protocol/json.ts";
import { httpFailure, protocolFailure } from "./mcp-failure.ts";
import type { McpAnswer } from "./post-message.ts";
import {
  clientInfo,
  dressRequest,
  legacyHeaders,
  legacyVersions,
  type McpConnection,
  modernVersion,
} from "./protocol-eras.ts";

/** Sends one message: a message without an `id` of its own gets one, unless it is a notification. */
export type Post = (message: JsonRecord, headers: Record<string, string>) => Promise<McpAnswer>;

/** The era of each server this isolate has met, by URL, so that it is asked once. */
const knownEras = new Map<string, McpConnection["era"]>();
const maxKnown = 256;

/** Errors that only a server of the newer era answers with: a wrong header, a missing capability, another version. */
const modernErrors: ReadonlySet<number> = new Set([-32_020, -32_021, -32_022]);

/**
 * Finds out which era a server speaks: `server/discover`, which every newer one has to answer, and the older greeting
 * where it doesn't.
 * @throws {McpFailure} when the server speaks neither, or refuses this client
 */
export async function findConnection(url: string, post: Post): Promise<McpConnection> {
  const known = knownEras.get(url);
  if (known === "modern") return { era: "modern" };
  if (known === undefined && (await isModern(post))) return remember(url, { era: "modern" });
  return remember(url, await greet(post));
}

/** A server that turns out to speak otherwise than it did is asked anew. */
export function forgetEra(url: string): void {
  knownEras.delete(url);
}

function remember(url: string, connection: McpConnection): McpConnection {
  if (knownEras.size >= maxKnown) knownEras.clear();
  knownEras.set(url, connection.era);
  return connection;
}

async function isModern(post: Post): Promise<boolean> {
  const { message, headers } = dressRequest({ method: "server/discover", params: {} }, { era: "modern" });
  const answer = await post(message, headers);
  if (answer.message === undefined) {
    refuseUnlessOlder(answer.status);
    return false;
  }
  if ("result" in answer.message) {
    return supports(answer.message.result["supportedVersions"]);
  }
  const { code, message: text, data } = answer.message.error;
  if (!modernErrors.has(code)) {
    refuseUnlessOlder(answer.status);
    return false;
  }
  const supported = typeof data === "object" && data !== null && "supported" in data ? data.supported : undefined;
  if (Array.isArray(supported) && supported.some((version) => legacyVersions.includes(version))) return false;
  throw protocolFailure(code, text);
}

function supports(versions: unknown): boolean {
  return Array.isArray(versions) && versions.includes(modernVersion);
}

/** A server that wants a token, has too much to do or is out of order does so in any era. */
function refuseUnlessOlder(status: number): void {
  if (status === 401 || status === 403 || status === 429 || status > 500) throw statusFailure(status);
}

/** The greeting of the older era: `initialize`, then the notice that it was understood. */
async function greet(post: Post): Promise<McpConnection> {
  const answer = await post(
    {
      jsonrpc: "2.0",
      method: "initialize",
      params: { protocolVersion: legacyVersions[0], capabilities: {}, clientInfo },
    },
    {},
  );
  const { message, sessionId } = answer;
  if (message === undefined) throw statusFailure(answer.status);
  if ("error" in message) throw protocolFailure(message.error.code, message.error.message);
  const version = readText(message.result["protocolVersion"]);
  if (!legacyVersions.includes(version)) {
    throw protocolFailure(-32_022, "The MCP server speaks no version of the protocol that this Worker knows.");
  }
  const connection = { era: "legacy" as const, version, sessionId };
  await post({ jsonrpc: "2.0", method: "notifications/initialized" }, legacyHeaders(connection));
  return connection;
}

/** The failure that a status without a JSON-RPC message stands for. */
export function statusFailure(status: number): ReturnType<typeof httpFailure> {
  if (status === 401 || status === 403) {
    return httpFailure(status, `The MCP server refused the request with status ${status}: it wants a valid token.`);
  }
  return httpFailure(status, `The MCP server answered with status ${status}.`);
}
