import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { McpClient } from "../../src/hosted/mcp/mcp-client.ts";
import { readCallResult } from "../../src/hosted/mcp/read-call-result.ts";
import type { HttpServer } from "../support/serve-fetch.ts";
import { startEverythingServer, startSdkServer, type TestMcpServer } from "../support/start-mcp-server.ts";

const { signal } = new AbortController();

function connect(url: string): McpClient {
  return new McpClient({ url, headers: {}, isGuarded: false, fetch: (target, init) => fetch(target, init) });
}

function methodsOf({ seen }: TestMcpServer): string[] {
  return seen.map(({ httpMethod, method }) => (method === "" ? httpMethod : method));
}

describe.each(["dual", "modern", "stream"] as const)("an SDK server of the newer era (%s)", (kind) => {
  let server: TestMcpServer;
  beforeAll(async () => {
    server = await startSdkServer(kind);
  });
  afterAll(() => server.stop());

  it("is asked once what it speaks, then lists and calls without a session", async () => {
    const client = connect(server.url);
    const tools = await client.listTools(signal);
    expect(tools.map(({ name, description, annotations }) => ({ name, description, annotations }))).toEqual([
      { name: "add", description: "Adds two numbers", annotations: { readOnlyHint: true } },
      { name: "größe", description: undefined, annotations: undefined },
      { name: "fail", description: "Fails", annotations: undefined },
    ]);
    const call = async (name: string, given = {}) =>
      readCallResult(await client.callTool({ name, input_schema: {} }, given, signal));
    expect(await call("add", { a: 2, b: 3 })).toEqual({ output: "5" });
    expect(await call("fail")).toEqual({
      error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: "The disk is full." }] },
      text: "The disk is full.",
    });
    await client.close();
    expect(methodsOf(server)).toEqual(["server/discover", "tools/list", "tools/call", "tools/call"]);
    expect(server.seen.map(({ headers }) => headers.get("mcp-protocol-version"))).toEqual(
      Array.from({ length: 4 }, () => "2026-07-28"),
    );

    server.seen.length = 0;
    await connect(server.url).listTools(signal);
    expect(methodsOf(server)).toEqual(["tools/list"]);
  });

  it("tells of a tool that isn't there and of arguments that don't fit", async () => {
    const client = connect(server.url);
    const missing = client.callTool({ name: "nothing", input_schema: {} }, {}, signal);
    await expect(missing).rejects.toMatchObject({ error: { type: "mcp_protocol_error", code: -32_602 } });
    const misfit = await client.callTool({ name: "add", input_schema: {} }, { a: "two" }, signal);
    expect(misfit).toMatchObject({ isError: true });
  });
});

describe("server-everything, of the older era", () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await startEverythingServer();
  });
  afterAll(() => server.stop());

  it("is greeted, lists its tools and calls them in one session, also side by side", async () => {
    const client = connect(server.url);
    const tools = await client.listTools(signal);
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["echo", "get-sum", "get-tiny-image"]));
    const call = async (name: string, given = {}) =>
      readCallResult(await client.callTool({ name, input_schema: {} }, given, signal));
    expect(await Promise.all([call("echo", { message: "hello" }), call("get-sum", { a: 2, b: 40 })])).toEqual([
      { output: "Echo: hello" },
      { output: "The sum of 2 and 40 is 42." },
    ]);
    expect(await call("get-tiny-image")).toEqual({
      output: [
        "Here's the image you requested:",
        "[image (image/png) left out: only text is kept]",
        "The image above is the MCP logo.",
      ].join("\n"),
    });
    // Reports its progress on the stream before it answers.
    expect(await call("trigger-long-running-operation", { duration: 0.1, steps: 2 })).toEqual({
      output: "Long running operation completed. Duration: 0.1 seconds, Steps: 2.",
    });
    await client.close();
  });

  it("gets a new session when it has forgotten the old one", async () => {
    const sessions: (string | null)[] = [];
    const client = new McpClient({
      url: server.url,
      headers: {},
      isGuarded: false,
      fetch: async (target, init) => {
        const headers = new Headers(init.headers);
        const session = headers.get("mcp-session-id");
        sessions.push(session);
        if (sessions.length === 4) return new Response(null, { status: 404 });
        return fetch(target, init);
      },
    });
    await client.listTools(signal);
    const result = await client.callTool({ name: "echo", input_schema: {} }, { message: "again" }, signal);
    expect(readCallResult(result)).toEqual({ output: "Echo: again" });
    await client.close();
    const [first, second] = new Set(sessions.filter((session) => session !== null));
    // initialize, initialized, list, call: 404, initialize, initialized, call, end
    expect(sessions).toEqual([null, first, first, first, null, second, second, second]);
  });
});
