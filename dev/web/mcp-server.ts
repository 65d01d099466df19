import { isObject, type JsonObject } from "../model/json-object.ts";

/** Both eras of the protocol, without sessions. */
const versions = ["2026-07-28", "2025-11-25"];

const serverInfo = { name: "stand-in", version: "1" };

interface Tool {
  name: string;
  description: string;
  inputSchema: JsonObject;
  annotations: JsonObject;
  run: (given: JsonObject) => string;
}

/** One tool that only reads and one that would change something, so that approvals can be tried. */
const tools: readonly Tool[] = [
  {
    name: "roll_dice",
    description: "Rolls dice and says what they show.",
    inputSchema: {
      type: "object",
      properties: { sides: { type: "integer", minimum: 2, maximum: 100, description: "Sides of each die" } },
      required: ["sides"],
    },
    annotations: { readOnlyHint: true },
    // Always the same, as everything here.
    run: ({ sides }) => `A die with ${String(sides)} sides shows ${Math.ceil(Number(sides) / 2)}.`,
  },
  {
    name: "save_note",
    description: "Saves a note.",
    inputSchema: {
      type: "object",
      properties: { text: { type: "string", description: "What to write down" } },
      required: ["text"],
    },
    annotations: { readOnlyHint: false, destructiveHint: false },
    run: ({ text }) => `Saved: “${String(text)}”. (Not really: this is a stand-in.)`,
  },
];

/** Answers one message to a small MCP server. */
export async function answerMcp(request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
  const message: unknown = await request.json().catch(() => undefined);
  if (!isObject(message)) return fail(null, -32_700, "Not JSON-RPC");
  const { id, method, params } = message;
  if (id === undefined) return new Response(null, { status: 202 });
  switch (method) {
    case "server/discover":
      return succeed(id, { supportedVersions: versions, capabilities: { tools: {} }, serverInfo });
    case "initialize":
      return succeed(id, { protocolVersion: versions[1], capabilities: { tools: {} }, serverInfo });
    case "tools/list":
      return succeed(id, { tools: tools.map(({ run: _run, ...tool }) => tool) });
    case "tools/call":
      return callTool(id, isObject(params) ? params : {});
    default:
      return fail(id, -32_601, "Method not found");
  }
}

function callTool(id: unknown, { name, arguments: given }: JsonObject): Response {
  const tool = tools.find((known) => known.name === name);
  if (tool === undefined) return fail(id, -32_602, `Unknown tool: ${String(name)}`);
  return succeed(id, { content: [{ type: "text", text: tool.run(isObject(given) ? given : {}) }] });
}

function succeed(id: unknown, result: JsonObject): Response {
  return Response.json({ jsonrpc: "2.0", id, result: { resultType: "complete", ...result } });
}

function fail(id: unknown, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", id, error: { code, message } });
}
