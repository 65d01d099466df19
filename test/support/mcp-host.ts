import type { WebRequest } from "./start-web.ts";

/** An MCP server of the newer era, made of what it answers to each method. */
export function mcpHost(answers: Record<string, (id: unknown, request: WebRequest) => Response | Promise<Response>>) {
  return (request: WebRequest): Response | Promise<Response> => {
    const { id, method } = JSON.parse(request.body || "{}");
    const answer = answers[method];
    if (answer !== undefined) return answer(id, request);
    return method === "server/discover"
      ? Response.json(mcpResult(id, { supportedVersions: ["2026-07-28"], capabilities: {} }))
      : Response.json({ jsonrpc: "2.0", id, error: { code: -32_601, message: "Method not found" } }, { status: 404 });
  };
}

/** A result of JSON-RPC, as that era has it. */
export function mcpResult(id: unknown, value: object): object {
  return { jsonrpc: "2.0", id, result: { resultType: "complete", ...value } };
}
