import { describe, expect, it } from "vitest";
import { ListToolsCall } from "../../src/hosted/mcp/list-tools.ts";
import { McpCall } from "../../src/hosted/mcp/mcp-call.ts";
import { McpClient } from "../../src/hosted/mcp/mcp-client.ts";
import type { EventBody } from "../../src/protocol/events.ts";

const limits = { listTimeoutMs: 40, maxListBytes: 8_192, callTimeoutMs: 30, maxBytes: 4_096 };
const tool = { name: "search", input_schema: { type: "object" } };
const { signal } = new AbortController();

type Trouble = (init: RequestInit) => Response | Promise<Response>;

const isSlow: Trouble = (init) =>
  new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));

const dies: Trouble = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: {")),
      pull: (controller) => controller.error(new Error("reset by 10.0.0.7")),
    }),
    { headers: { "content-type": "text/event-stream" } },
  );

const sends10Mb: Trouble = () =>
  new Response("x".repeat(10_000_000), { headers: { "content-type": "application/json" } });

const redirects: Trouble = () => new Response(null, { status: 307, headers: { location: "https://evil.example/mcp" } });

const wantsToken: Trouble = () => new Response("token: secret", { status: 401 });

let servers = 0;

/** A client of a server that can be greeted, and answers `method` only with trouble. */
function connect(method: string, trouble: Trouble) {
  const asked: string[] = [];
  const client = new McpClient(
    {
      url: `https://trouble-${(servers += 1)}.example/mcp`,
      headers: { authorization: "Bearer secret" },
      isGuarded: false,
      fetch: async (url, init) => {
        asked.push(new URL(url).host);
        const { id, method: sent } = JSON.parse(typeof init.body === "string" ? init.body : "{}");
        if (sent === method) return trouble(init);
        const result = { resultType: "complete", supportedVersions: ["2026-07-28"] };
        return Response.json({ jsonrpc: "2.0", id, result });
      },
    },
    limits,
  );
  return { client, asked };
}

/** A place in an output, and the events that were written to it. */
function openSlot() {
  const events: EventBody[] = [];
  return { slot: { output_index: 3, emit: (event: EventBody) => void events.push({ ...event }) }, events };
}

const broken = "The MCP server could not be reached, or it broke off its answer.";
const elsewhere = "The MCP server redirects with status 307 to where this Worker does not follow.";
const refused = "The MCP server refused the request with status 401: it wants a valid token.";

describe("a server in trouble", () => {
  it.each([
    ["is slow", isSlow, "The MCP server did not answer within 0.04 seconds."],
    ["dies", dies, broken],
    ["sends 10 MB", sends10Mb, "The MCP server's list of tools is larger than 8192 bytes."],
    ["redirects to another origin", redirects, elsewhere],
    ["wants a token", wantsToken, refused],
  ])("that %s has a listing that says so", async (_, trouble, error) => {
    const { client, asked } = connect("tools/list", trouble);
    const { slot, events } = openSlot();
    const listing = new ListToolsCall(slot, { id: "mcpl_1", label: "docs" });
    expect(await listing.run(client, signal)).toEqual([]);
    const item = { id: "mcpl_1", type: "mcp_list_tools", server_label: "docs", tools: [] };
    const place = { item_id: "mcpl_1", output_index: 3 };
    expect(events).toEqual([
      { type: "response.output_item.added", output_index: 3, item },
      { type: "response.mcp_list_tools.in_progress", ...place },
      { type: "response.mcp_list_tools.failed", ...place },
      { type: "response.output_item.done", output_index: 3, item: { ...item, error } },
    ]);
    expect(asked).not.toContain("evil.example");
  });

  it.each([
    ["is slow", isSlow, 504, "The MCP server did not answer within 0.03 seconds."],
    ["dies", dies, 502, broken],
    ["sends 10 MB", sends10Mb, 502, "The MCP server's answer is larger than 4096 bytes."],
    ["redirects to another origin", redirects, 307, elsewhere],
    ["wants a token", wantsToken, 401, refused],
  ])("that %s has a call that says so, to the model too", async (_, trouble, code, message) => {
    const { client, asked } = connect("tools/call", trouble);
    const { slot, events } = openSlot();
    const kit = { label: "docs", tool, client, isAllowed: true, count: () => undefined };
    const call = new McpCall(slot, { id: "mcp_1", kit });
    call.grow('{"query":"bees"}');
    expect(await call.run(signal)).toBe(`The tool failed: ${message}`);
    const item = {
      id: "mcp_1",
      type: "mcp_call",
      status: "in_progress",
      approval_request_id: null,
      arguments: "",
      error: null,
      name: "search",
      output: null,
      server_label: "docs",
    };
    const done = { arguments: '{"query":"bees"}', status: "failed", error: { type: "http_error", code, message } };
    const place = { item_id: "mcp_1", output_index: 3 };
    expect(events).toEqual([
      { type: "response.output_item.added", output_index: 3, item },
      { type: "response.mcp_call.in_progress", ...place },
      { type: "response.mcp_call_arguments.delta", ...place, delta: '{"query":"bees"}' },
      { type: "response.mcp_call_arguments.done", ...place, arguments: '{"query":"bees"}' },
      { type: "response.mcp_call.failed", ...place },
      { type: "response.output_item.done", output_index: 3, item: { ...item, ...done } },
    ]);
    expect(asked).not.toContain("evil.example");
  });
});
