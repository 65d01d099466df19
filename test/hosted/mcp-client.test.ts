import { describe, expect, it } from "vitest";
import { McpClient, type McpLimits, mcpLimits } from "../../src/hosted/mcp/mcp-client.ts";
import { McpFailure } from "../../src/hosted/mcp/mcp-failure.ts";
import { encodeHeader, findMirrors, mirrorArguments } from "../../src/hosted/mcp/mirror-headers.ts";
import { nameMcpTool } from "../../src/hosted/mcp/name-tool.ts";
import { readCallResult } from "../../src/hosted/mcp/read-call-result.ts";

interface Sent {
  url: string;
  method: string;
  headers: Headers;
  body: { id?: number; method?: string; params?: Record<string, unknown> };
}

type Reply = (sent: Sent, init: RequestInit) => Response | Promise<Response>;

let servers = 0;

/** A client of a server that answers each JSON-RPC method as told; `rest` answers any other. */
function connect(
  replies: Record<string, Reply>,
  {
    rest = () => new Response(null, { status: 404 }),
    headers = {},
    isGuarded = false,
    limits = mcpLimits,
  }: { rest?: Reply; headers?: Record<string, string>; isGuarded?: boolean; limits?: McpLimits } = {},
) {
  const sent: Sent[] = [];
  // What a server speaks is remembered by its URL.
  const url = `https://mcp-${(servers += 1)}.example.com/mcp`;
  const client = new McpClient(
    {
      url,
      headers,
      isGuarded,
      fetch: async (target, init) => {
        const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
        const message = { url: target, method: init.method ?? "GET", headers: new Headers(init.headers), body };
        sent.push(message);
        return (replies[body.method] ?? rest)(message, init);
      },
    },
    limits,
  );
  return { client, sent, url };
}

const result =
  (value: object): Reply =>
  (sent) =>
    Response.json({ jsonrpc: "2.0", id: sent.body.id, result: { resultType: "complete", ...value } });

const failure =
  (code: number, message: string, status = 200, data?: unknown): Reply =>
  (sent) =>
    Response.json({ jsonrpc: "2.0", id: sent.body.id, error: { code, message, data } }, { status });

const discover = result({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } });

const greeting: Reply = (sent) =>
  Response.json(
    { jsonrpc: "2.0", id: sent.body.id, result: { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} } },
    { headers: { "mcp-session-id": "session-1" } },
  );

const { signal } = new AbortController();

const hanging: Reply = (_, init) =>
  new Promise((__, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));

/** A page of a list, of some 1,100 bytes, with another behind it. */
const endlessPage: Reply = (message, init) => {
  const tools = [{ name: `t${message.body.id}`, description: "x".repeat(1_000) }];
  return result({ tools, nextCursor: "more" })(message, init);
};

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { unexpected: await promise };
  } catch (error) {
    if (error instanceof McpFailure) return error.error;
    throw error;
  }
}

const eventsAround = (id: unknown) =>
  [
    { jsonrpc: "2.0", method: "notifications/progress", params: {} },
    { jsonrpc: "2.0", id: "other", result: { content: "wrong" } },
    { jsonrpc: "2.0", id, method: "sampling/createMessage", params: {} },
    { jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "grün" }] } },
    { jsonrpc: "2.0", id, result: { content: "too late" } },
  ]
    .map((event) => `event: message\ndata: ${JSON.stringify(event)}\n\n`)
    .join(": keep-alive\n\nid: 1\ndata:\n\n");

const pageFrom = (start: number) =>
  Array.from({ length: 250 }, (_, index) => ({ name: `tool_${start + index}`, inputSchema: { type: "object" } }));

const moved =
  (location: string, status: number): Reply =>
  (sent, init) =>
    sent.url.endsWith("/moved") ? discover(sent, init) : new Response(null, { status, headers: { location } });

const noFetch = () => Promise.reject(new Error("nothing may be fetched here"));

const add = { name: "add", input_schema: {} };

describe("McpClient, the newer era", () => {
  it("says in each message all that the server has to know", async () => {
    const { client, sent, url } = connect(
      { "server/discover": discover, "tools/call": result({ content: [] }) },
      { headers: { authorization: "Bearer secret", "x-tenant": "one" } },
    );
    await client.callTool(add, { a: 1 }, signal);
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "responses-api-on-workers-ai", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    expect(sent.map(({ body }) => body)).toEqual([
      { jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta: meta } },
      { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "add", arguments: { a: 1 }, _meta: meta } },
    ]);
    expect(sent[1]).toMatchObject({ url, method: "POST" });
    expect(Object.fromEntries(sent[1]?.headers ?? [])).toEqual({
      accept: "application/json, text/event-stream",
      authorization: "Bearer secret",
      "content-type": "application/json",
      "mcp-method": "tools/call",
      "mcp-name": "add",
      "mcp-protocol-version": "2026-07-28",
      "x-tenant": "one",
    });
  });

  it("repeats in headers what a schema wants repeated", async () => {
    const { client, sent } = connect({ "server/discover": discover, "tools/call": result({ content: [] }) });
    const input_schema = {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        deep: { type: "object", properties: { flag: { type: "boolean", "x-mcp-header": "Flag" } } },
      },
    };
    await client.callTool({ name: "größe", input_schema }, { region: " üb ", deep: { flag: false } }, signal);
    expect(sent[1]?.headers.get("mcp-name")).toBe("=?base64?Z3LDtsOfZQ==?=");
    expect(sent[1]?.headers.get("mcp-param-region")).toBe("=?base64?IMO8YiA=?=");
    expect(sent[1]?.headers.get("mcp-param-flag")).toBe("false");
  });

  it("reads an answer that comes as a stream, after notifications and other servers' words", async () => {
    for (const size of [1, 7, 10_000]) {
      const { client } = connect({
        "server/discover": discover,
        "tools/call": (sent) => {
          const bytes = new TextEncoder().encode(eventsAround(sent.body.id));
          const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.slice(index * size, (index + 1) * size),
          );
          const stream = new ReadableStream<Uint8Array>({
            start(controller) {
              for (const piece of pieces) controller.enqueue(piece);
              controller.close();
            },
          });
          return new Response(stream, { headers: { "content-type": "text/event-stream" } });
        },
      });
      expect(readCallResult(await client.callTool(add, {}, signal))).toEqual({ output: "grün" });
    }
  });

  it("reads all pages of a list, 500 tools too, and leaves out what can't be called", async () => {
    const { client, sent } = connect({
      "server/discover": discover,
      "tools/list": (message, init) =>
        message.body.params?.["cursor"] === "second"
          ? result({ tools: [...pageFrom(250), { name: "tool_0", description: "twice" }] })(message, init)
          : result({
              tools: [
                { name: "" },
                { description: "no name" },
                { name: "bad", inputSchema: { properties: { a: { type: "number", "x-mcp-header": "A" } } } },
                ...pageFrom(0),
              ],
              nextCursor: "second",
            })(message, init),
    });
    const tools = await client.listTools(signal);
    expect(tools).toHaveLength(500);
    expect(tools[0]).toEqual({ name: "tool_0", input_schema: { type: "object" } });
    expect(sent.map(({ body }) => body.method)).toEqual(["server/discover", "tools/list", "tools/list"]);
  });

  it("gives up on a list without an end", async () => {
    const { client, sent } = connect({
      "server/discover": discover,
      "tools/list": (message, init) => result({ tools: [], nextCursor: `${message.body.id}` })(message, init),
    });
    expect(await errorOf(client.listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_603,
      message: "The MCP server's list of tools has more than 20 pages.",
    });
    expect(sent).toHaveLength(21);
    const many = connect({
      "server/discover": discover,
      "tools/list": result({ tools: Array.from({ length: 1_001 }, (_, index) => ({ name: `t${index}` })) }),
    });
    expect(await errorOf(many.client.listTools(signal))).toMatchObject({
      message: "The MCP server lists more than 1000 tools.",
    });
  });

  it("reports the errors of the protocol with the server's own words, cut", async () => {
    const { client } = connect({
      "server/discover": discover,
      "tools/list": failure(-32_601, "Method not found", 404),
      "tools/call": failure(-32_602, `Unknown tool ${"x".repeat(1_000)}`, 400),
    });
    expect(await errorOf(client.listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_601,
      message: "Method not found",
    });
    const error = await errorOf(client.callTool(add, {}, signal));
    expect(error).toEqual({ type: "mcp_protocol_error", code: -32_602, message: `Unknown tool ${"x".repeat(487)}` });
  });

  it("can't answer a server that asks for input, nor read a result of a kind it doesn't know", async () => {
    const { client } = connect({
      "server/discover": discover,
      "tools/list": result({ resultType: "task" }),
      "tools/call": result({ resultType: "input_required", inputRequests: {} }),
    });
    expect(await errorOf(client.callTool(add, {}, signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_603,
      message: "The MCP server asks for more input before it runs the tool, which this Worker can't give.",
    });
    expect(await errorOf(client.listTools(signal))).toMatchObject({
      message: "The MCP server answered with a kind of result that this Worker doesn't know.",
    });
  });
});

describe("McpClient, the older era", () => {
  const list = result({ tools: [{ name: "add" }] });

  it.each([
    ["an empty 400", () => new Response(null, { status: 400 })],
    ["a 405", () => new Response("Method Not Allowed", { status: 405 })],
    ["an error of its own", failure(-32_000, "Bad Request: Server not initialized", 400)],
    ["an unknown method", failure(-32_601, "Method not found")],
    ["a crash that speaks JSON-RPC", failure(-32_603, "Internal error", 500)],
    [
      "a newer server that also speaks older versions",
      failure(-32_022, "Unsupported", 400, { supported: ["2025-11-25"] }),
    ],
    ["a newer server that names only older versions", result({ supportedVersions: ["2025-11-25"] })],
  ])("greets a server that answers the first question with %s", async (_, refusal) => {
    const { client, sent } = connect({
      "server/discover": refusal,
      initialize: greeting,
      "notifications/initialized": () => new Response(null, { status: 202 }),
      "tools/list": list,
    });
    expect(await client.listTools(signal)).toEqual([{ name: "add", input_schema: { type: "object" } }]);
    expect(sent.map(({ body }) => [body.method, "id" in body])).toEqual([
      ["server/discover", true],
      ["initialize", true],
      ["notifications/initialized", false],
      ["tools/list", true],
    ]);
    expect(sent[1]?.body.params).toEqual({
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "responses-api-on-workers-ai", version: "1" },
    });
    expect(sent[3]?.body.params).toEqual({});
    for (const { headers } of sent.slice(2)) {
      expect(headers.get("mcp-session-id")).toBe("session-1");
      expect(headers.get("mcp-protocol-version")).toBe("2025-06-18");
    }
  });

  it("ends its session, with the credentials it has", async () => {
    const { client, sent, url } = connect(
      {
        initialize: greeting,
        "notifications/initialized": () => new Response(null, { status: 202 }),
        "tools/list": list,
      },
      { rest: () => new Response(null, { status: 405 }), headers: { authorization: "Bearer secret" } },
    );
    await client.close();
    expect(sent).toEqual([]);
    await client.listTools(signal);
    await client.close();
    expect(sent.at(-1)).toMatchObject({ url, method: "DELETE", body: {} });
    expect(Object.fromEntries(sent.at(-1)?.headers ?? [])).toEqual({
      authorization: "Bearer secret",
      "mcp-protocol-version": "2025-06-18",
      "mcp-session-id": "session-1",
    });
  });

  it("begins a session anew, once, that the server has forgotten", async () => {
    let sessions = 0;
    const { client, sent } = connect({
      initialize: (message, init) => {
        sessions += 1;
        const greeted = greeting(message, init);
        if (!(greeted instanceof Response)) throw new Error("the greeting is a promise");
        greeted.headers.set("mcp-session-id", `session-${sessions}`);
        return greeted;
      },
      "notifications/initialized": () => new Response(null, { status: 202 }),
      "tools/list": (message, init) =>
        message.headers.get("mcp-session-id") === "session-2"
          ? list(message, init)
          : new Response(null, { status: 404 }),
      "tools/call": () => new Response(null, { status: 404 }),
    });
    expect(await client.listTools(signal)).toHaveLength(1);
    expect(sent.map(({ body, headers }) => [body.method, headers.get("mcp-session-id")])).toEqual([
      ["server/discover", null],
      ["initialize", null],
      ["notifications/initialized", "session-1"],
      ["tools/list", "session-1"],
      ["initialize", null],
      ["notifications/initialized", "session-2"],
      ["tools/list", "session-2"],
    ]);
    expect(await errorOf(client.callTool(add, {}, signal))).toMatchObject({ type: "http_error", code: 404 });
  });

  it("reports a server that speaks no version it knows", async () => {
    const { client } = connect({ initialize: result({ protocolVersion: "2030-01-01" }) });
    expect(await errorOf(client.listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_022,
      message: "The MCP server speaks no version of the protocol that this Worker knows.",
    });
    const newer = connect({ "server/discover": failure(-32_022, "Unsupported", 400, { supported: ["2030-01-01"] }) });
    expect(await errorOf(newer.client.listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_022,
      message: "Unsupported",
    });
    const refusing = connect({ initialize: failure(-32_600, "No") });
    expect(await errorOf(refusing.client.listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_600,
      message: "No",
    });
    const nothing = connect({}, { rest: () => new Response("not found", { status: 404 }) });
    expect(await errorOf(nothing.client.listTools(signal))).toEqual({
      type: "http_error",
      code: 404,
      message: "The MCP server answered with status 404.",
    });
  });
});

/** A client of a server whose one tool nests this deep, beside five levels around it. */
function deepList(depth: number): McpClient {
  const value: unknown = JSON.parse("[".repeat(depth) + "]".repeat(depth));
  const tools = [{ name: "deep", inputSchema: { type: "object", default: value } }];
  return connect({ "server/discover": discover, "tools/list": result({ tools }) }).client;
}

describe("McpClient and a server in trouble", () => {
  const limits: McpLimits = { listTimeoutMs: 40, maxListBytes: 8_192, callTimeoutMs: 30, maxBytes: 4_096 };

  it.each([
    [401, "The MCP server refused the request with status 401: it wants a valid token."],
    [403, "The MCP server refused the request with status 403: it wants a valid token."],
    [429, "The MCP server answered with status 429."],
    [503, "The MCP server answered with status 503."],
  ])("reports status %d at once, and nothing of its body", async (status, message) => {
    const { client, sent } = connect({}, { rest: () => new Response("token secret", { status }) });
    expect(await errorOf(client.listTools(signal))).toEqual({ type: "http_error", code: status, message });
    expect(sent).toHaveLength(1);
  });

  it("reports one that is slow, one that is gone and one that dies", async () => {
    const slow = connect({ "server/discover": discover, "tools/list": hanging, "tools/call": hanging }, { limits });
    expect(await errorOf(slow.client.callTool(add, {}, signal))).toEqual({
      type: "http_error",
      code: 504,
      message: "The MCP server did not answer within 0.03 seconds.",
    });
    expect(await errorOf(slow.client.listTools(signal))).toMatchObject({
      message: "The MCP server did not answer within 0.04 seconds.",
    });
    const gone = connect({}, { rest: () => Promise.reject(new TypeError("connect ECONNREFUSED 10.0.0.7:443")) });
    const unreachable = {
      type: "http_error",
      code: 502,
      message: "The MCP server could not be reached, or it broke off its answer.",
    };
    expect(await errorOf(gone.client.listTools(signal))).toEqual(unreachable);
    const dying = connect({
      "server/discover": discover,
      "tools/call": () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode("data: {"));
              controller.error(new Error("reset"));
            },
          }),
          { headers: { "content-type": "text/event-stream" } },
        ),
    });
    expect(await errorOf(dying.client.callTool(add, {}, signal))).toEqual(unreachable);
    const mute = connect({
      "server/discover": discover,
      "tools/call": () => new Response(": bye\n\n", { headers: { "content-type": "text/event-stream" } }),
    });
    expect(await errorOf(mute.client.callTool(add, {}, signal))).toEqual({
      type: "http_error",
      code: 502,
      message: "The MCP server ended its stream without an answer.",
    });
  });

  it.each(["application/json", "text/event-stream"])("stops reading 10 MB of %s", async (type) => {
    let pulled = 0;
    const flood = new ReadableStream({
      type: "bytes",
      pull(controller: ReadableByteStreamController) {
        pulled += 1;
        if (pulled > 10_240) controller.close();
        else controller.enqueue(new TextEncoder().encode("data: ".padEnd(1_024, "x")));
      },
    });
    const { client } = connect(
      { "server/discover": discover, "tools/call": () => new Response(flood, { headers: { "content-type": type } }) },
      { limits },
    );
    expect(await errorOf(client.callTool(add, {}, signal))).toEqual({
      type: "http_error",
      code: 502,
      message: "The MCP server's answer is larger than 4096 bytes.",
    });
    expect(pulled).toBeLessThan(64);
  });

  it("gives a list one deadline and one bound of bytes, however many its pages are", async () => {
    const slow = connect(
      {
        "server/discover": discover,
        "tools/list": async (message, init) => {
          await new Promise((resolve) => setTimeout(resolve, 15));
          init.signal?.throwIfAborted();
          return endlessPage(message, init);
        },
      },
      { limits },
    );
    expect(await errorOf(slow.client.listTools(signal))).toEqual({
      type: "http_error",
      code: 504,
      message: "The MCP server did not answer within 0.04 seconds.",
    });
    expect(slow.sent.length).toBeLessThanOrEqual(4);

    const large = connect({ "server/discover": discover, "tools/list": endlessPage }, { limits });
    expect(await errorOf(large.client.listTools(signal))).toEqual({
      type: "http_error",
      code: 502,
      message: "The MCP server's list of tools is larger than 8192 bytes.",
    });
    // Seven pages fit.
    expect(large.sent).toHaveLength(1 + 8);
  });

  it("reports an invalid answer", async () => {
    const answers: [Response, string][] = [
      [new Response("hello"), "The MCP server answered with neither JSON nor an event stream."],
      [Response.json([]), "The MCP server's answer is not a JSON-RPC response."],
      [Response.json({ jsonrpc: "2.0", id: 99, result: {} }), "The MCP server's answer is not a JSON-RPC response."],
      [
        new Response("{", { headers: { "content-type": "application/json" } }),
        "The MCP server's answer is not a JSON-RPC response.",
      ],
    ];
    for (const [answer, message] of answers) {
      const { client } = connect({ "server/discover": discover, "tools/call": () => answer });
      expect(await errorOf(client.callTool(add, {}, signal))).toEqual({
        type: "mcp_protocol_error",
        code: -32_700,
        message,
      });
    }
  });

  it("refuses an answer that nests deeper than 1,000 levels", async () => {
    // The message, its result, the list, the tool and its schema are five.
    expect(await deepList(995).listTools(signal)).toHaveLength(1);
    expect(await errorOf(deepList(996).listTools(signal))).toEqual({
      type: "mcp_protocol_error",
      code: -32_700,
      message: "The MCP server's answer is not a JSON-RPC response.",
    });
  });

  it("follows a redirect within the origin, and takes its credentials to no other", async () => {
    for (const status of [307, 308]) {
      const { client, sent } = connect({
        "server/discover": moved("/moved", status),
        "tools/list": result({ tools: [] }),
      });
      expect(await client.listTools(signal)).toEqual([]);
      expect(sent.map(({ url, method }) => [new URL(url).pathname, method])).toEqual([
        ["/mcp", "POST"],
        ["/moved", "POST"],
        ["/mcp", "POST"],
      ]);
    }
    for (const [status, location] of [
      [307, "https://other.example.com/mcp"],
      [308, "http://127.0.0.1/"],
      [302, "/moved"],
      [307, "https://"],
    ] as const) {
      const { client, sent } = connect(
        { "server/discover": moved(location, status) },
        { headers: { authorization: "Bearer secret" } },
      );
      expect(await errorOf(client.listTools(signal))).toEqual({
        type: "http_error",
        code: status,
        message: `The MCP server redirects with status ${status} to where this Worker does not follow.`,
      });
      expect(sent).toHaveLength(1);
    }
    const loop = connect({}, { rest: () => new Response(null, { status: 307, headers: { location: "/mcp" } }) });
    expect(await errorOf(loop.client.listTools(signal))).toEqual({
      type: "http_error",
      code: 508,
      message: "The MCP server redirects more than 3 times.",
    });
    expect(loop.sent).toHaveLength(4);
  });

  it("guards the URL of a server that a request names", async () => {
    const client = new McpClient({ url: "https://127.0.0.1/mcp", headers: {}, isGuarded: true, fetch: noFetch });
    expect(await errorOf(client.listTools(signal))).toEqual({
      type: "http_error",
      code: 403,
      message: "The URL was not fetched: its host is an IP address.",
    });
  });

  it("tries to connect anew after a failure, and stops when nobody waits", async () => {
    let asked = 0;
    const flaky = connect({
      "server/discover": (sent, init) => {
        asked += 1;
        return asked === 1 ? new Response(null, { status: 503 }) : discover(sent, init);
      },
      "tools/list": result({ tools: [] }),
    });
    expect(await errorOf(flaky.client.listTools(signal))).toMatchObject({ code: 503 });
    expect(await flaky.client.listTools(signal)).toEqual([]);

    const left = new AbortController();
    const reason = new Error("the client left");
    const slow = connect({}, { rest: hanging });
    const listing = slow.client.listTools(left.signal);
    left.abort(reason);
    await expect(listing).rejects.toBe(reason);
  });
});

describe("mirrored arguments", () => {
  it("are found where the arguments can be told from the schema, and nowhere else", () => {
    const mirrored = { type: "string", "x-mcp-header": "A" };
    expect(
      findMirrors({ properties: { a: mirrored, b: { properties: { c: { ...mirrored, "x-mcp-header": "B" } } } } }),
    ).toEqual([
      { path: ["a"], name: "A" },
      { path: ["b", "c"], name: "B" },
    ]);
    expect(findMirrors({ properties: { a: { default: mirrored, enum: [mirrored] } } })).toEqual([]);
    for (const schema of [
      mirrored,
      { properties: { a: { type: "array", items: mirrored } } },
      { anyOf: [{ properties: { a: mirrored } }] },
      { $defs: { a: mirrored } },
      { properties: { a: { type: "number", "x-mcp-header": "A" } } },
      { properties: { a: { type: "string", "x-mcp-header": "" } } },
      { properties: { a: { type: "string", "x-mcp-header": "a b" } } },
      { properties: { a: { type: "string", "x-mcp-header": "a\r\nb" } } },
      { properties: { a: { type: "string", "x-mcp-header": 1 } } },
      { properties: { a: mirrored, b: { type: "string", "x-mcp-header": "a" } } },
    ]) {
      expect(findMirrors(schema)).toBeUndefined();
    }
  });

  it("are left out where there is no plain value", () => {
    const schema = { properties: { a: { type: "integer", "x-mcp-header": "A" } } };
    expect(mirrorArguments(schema, { a: 42 })).toEqual({ "mcp-param-a": "42" });
    for (const given of [{}, { a: null }, { a: {} }, { a: 1.5 }, { a: 2 ** 60 }]) {
      expect(mirrorArguments(schema, given)).toEqual({});
    }
  });

  it.each([
    ["us-west1", "us-west1"],
    ["two words", "two words"],
    ["Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="],
    [" padded ", "=?base64?IHBhZGRlZCA=?="],
    ["line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
    ["=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="],
    ["", "=?base64??="],
  ])("are encoded: %j becomes %s", (text, encoded) => {
    expect(encodeHeader(text)).toBe(encoded);
  });
});

describe("readCallResult", () => {
  it("keeps text and leaves a note of the rest", () => {
    const blob = "A".repeat(100_000);
    expect(
      readCallResult({
        content: [
          { type: "text", text: "one" },
          { type: "image", data: blob, mimeType: "image/png" },
          { type: "audio", data: blob, mimeType: "audio/wav" },
          { type: "resource_link", uri: "file:///a.rs", name: "a.rs" },
          { type: "resource", resource: { uri: "file:///b", text: "two" } },
          { type: "resource", resource: { uri: "file:///c", mimeType: "application/zip", blob } },
          { type: "hologram" },
          null,
        ],
        structuredContent: { not: "needed" },
      }),
    ).toEqual({
      output: [
        "one",
        "[image (image/png) left out: only text is kept]",
        "[audio (audio/wav) left out: only text is kept]",
        "[a.rs: file:///a.rs]",
        "two",
        "[resource (application/zip, file:///c) left out: only text is kept]",
        "[hologram left out: only text is kept]",
      ].join("\n"),
    });
    expect(readCallResult({ structuredContent: { a: [1] } })).toEqual({ output: '{"a":[1]}' });
    expect(readCallResult({})).toEqual({ output: "" });
  });
});

describe("nameMcpTool", () => {
  it("puts the server's label before the tool's name", () => {
    expect(nameMcpTool("docs", "search")).toBe("docs__search");
    expect(nameMcpTool("docs", "admin.tools/list files")).toBe("docs__admin_tools_list_files");
    expect(nameMcpTool("docs", "größe")).toBe("docs__gr__e");
  });

  it("shortens a name past 64 characters with a hash of the whole", () => {
    const one = nameMcpTool("a".repeat(30), `${"b".repeat(40)}1`);
    const two = nameMcpTool("a".repeat(30), `${"b".repeat(40)}2`);
    expect(one).toBe(`${"a".repeat(30)}__${"b".repeat(23)}_${one.slice(-8)}`);
    expect(one).toMatch(/^[a-z_]{56}[0-9a-f]{8}$/);
    expect(one).not.toBe(two);
    expect(nameMcpTool("a".repeat(30), "b".repeat(32))).toHaveLength(64);
    expect(nameMcpTool("a".repeat(64), "x")).toHaveLength(64);
  });
});
