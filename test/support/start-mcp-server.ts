import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { projectRoot } from "./project-paths.ts";
import { type HttpServer, serveFetch } from "./serve-fetch.ts";

/** One request that an MCP server got. */
export interface McpRequestSeen {
  httpMethod: string;
  /** Of JSON-RPC; empty without a body. */
  method: string;
  headers: Headers;
}

export interface TestMcpServer extends HttpServer {
  seen: McpRequestSeen[];
}

/**
 * Starts a server made with the protocol's own SDK. `dual` speaks both eras, the older without sessions; `modern` refuses
 * the older; `stream` answers the newer with event streams.
 */
export async function startSdkServer(kind: "dual" | "modern" | "stream"): Promise<TestMcpServer> {
  const handler = createMcpHandler(createToolServer, {
    ...(kind !== "dual" && { legacy: "reject" as const }),
    ...(kind === "stream" && { responseMode: "sse" as const }),
  });
  const seen: McpRequestSeen[] = [];
  const server = await serveFetch(async (request) => {
    const text = await request.clone().text();
    const body = text === "" ? {} : (JSON.parse(text) as { method?: string });
    seen.push({ httpMethod: request.method, method: body.method ?? "", headers: request.headers });
    return handler.fetch(request);
  });
  return { ...server, url: `${server.url}/mcp`, seen };
}

function createToolServer(): McpServer {
  const server = new McpServer({ name: "test", version: "1" });
  server.registerTool(
    "add",
    {
      description: "Adds two numbers",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );
  server.registerTool("größe", { inputSchema: z.object({}) }, () => ({ content: [{ type: "text", text: "1,80 m" }] }));
  server.registerTool("fail", { description: "Fails", inputSchema: z.object({}) }, () => ({
    content: [{ type: "text", text: "The disk is full." }],
    isError: true,
  }));
  return server;
}

/** Starts `@modelcontextprotocol/server-everything`: the older era, with sessions and event streams. */
export async function startEverythingServer(): Promise<HttpServer> {
  const port = await findFreePort();
  const script = join(projectRoot, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
  const child = spawn(process.execPath, [script, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    if (String(text).includes("listening on port")) break;
  }
  child.stderr.resume();
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
