import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { type McpServer, readMcpTool } from "../../src/hosted/mcp/read-mcp-tool.ts";
import { type ApprovedCall, checkApproval, isSignedId, signApproval } from "../../src/hosted/mcp/sign-approval.ts";

const operators = {
  servers: new Map([
    ["docs", { url: "https://mcp.example.com/mcp", token: "operator-token" }],
    ["inside", { url: "http://10.0.0.7:3001/mcp", token: undefined }],
  ]),
  allowsOthers: false,
};
const open = { ...operators, allowsOthers: true };

function read(definition: Record<string, unknown>, settings = operators): McpServer {
  return readMcpTool({ type: "mcp", ...definition }, { path: "tools[2]", settings });
}

function refusal(definition: Record<string, unknown>, settings = operators): string {
  try {
    return `let through: ${read(definition, settings).url}`;
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.code} ${error.param}: ${error.message}`;
    throw error;
  }
}

const wrong = (field: string, expectation: string) =>
  `400 invalid_value tools[2].${field}: The field \`tools[2].${field}\` ${expectation}.`;

const notAllowed =
  "400 mcp_server_not_allowed tools[2]: The MCP server in `tools[2]` is not one that this Worker may call. By `server_label` it may call: docs, inside. Leave `server_url` out for them; the operator adds servers in MCP_SERVERS.";

describe("readMcpTool", () => {
  it("finds the operator's server by its label, and gives it the operator's token", () => {
    expect(read({ server_label: "docs" })).toMatchObject({
      label: "docs",
      description: "",
      url: "https://mcp.example.com/mcp",
      headers: { authorization: "Bearer operator-token" },
      isGuarded: false,
    });
    expect(read({ server_label: "docs", server_url: "HTTPS://MCP.example.com:443/mcp" }).url).toBe(
      "https://mcp.example.com/mcp",
    );
    expect(read({ server_label: "inside", server_url: null, headers: null, authorization: null })).toMatchObject({
      url: "http://10.0.0.7:3001/mcp",
      headers: {},
    });
  });

  it("sends the caller's own token and headers to it instead", () => {
    expect(read({ server_label: "docs", authorization: "mine" }).headers).toEqual({ authorization: "Bearer mine" });
    expect(read({ server_label: "docs", authorization: "Bearer mine" }).headers).toEqual({
      authorization: "Bearer mine",
    });
    expect(read({ server_label: "docs", headers: { Authorization: "Basic x", "X-Tenant": "1" } }).headers).toEqual({
      authorization: "Basic x",
      "x-tenant": "1",
    });
    expect(
      read({ server_label: "docs", headers: { Authorization: "Basic x" }, authorization: "mine" }).headers,
    ).toEqual({
      authorization: "Bearer mine",
    });
  });

  it("refuses any other server", () => {
    expect(refusal({ server_label: "other" })).toBe(notAllowed);
    expect(refusal({ server_label: "other", server_url: "https://mcp.example.com/mcp" })).toBe(notAllowed);
    expect(refusal({ server_label: "docs", server_url: "https://evil.example/mcp" })).toBe(notAllowed);
    expect(refusal({ server_label: "docs", server_url: "https://evil.example/mcp" }, open)).toBe(notAllowed);
    expect(refusal({ server_label: "docs", server_url: "https://mcp.example.com/mcp/../other" })).toBe(notAllowed);
    expect(refusal({ server_label: "docs", server_url: 1 })).toBe(notAllowed);
    expect(refusal({ server_label: "other" }, { servers: new Map(), allowsOthers: false })).toContain(
      "By `server_label` it may call: none.",
    );
  });

  it("lets a request name its own server after *, guarded and without a token of the operator's", () => {
    expect(
      read({ server_label: "mine", server_url: "https://mine.example./mcp", authorization: "t" }, open),
    ).toMatchObject({
      url: "https://mine.example/mcp",
      headers: { authorization: "Bearer t" },
      isGuarded: true,
    });
    expect(read({ server_label: "mine", server_url: "https://mcp.example.com/mcp" }, open).headers).toEqual({});
    expect(refusal({ server_label: "mine" }, open)).toBe(
      "400 invalid_value tools[2].server_url: The field `tools[2].server_url` must be the URL of the MCP server.",
    );
    for (const [url, why] of [
      ["http://mine.example/mcp", "only https URLs are fetched."],
      ["https://127.0.0.1/mcp", "its host is an IP address."],
      ["https://0x7f000001/mcp", "its host is an IP address."],
      ["https://localhost/mcp", "its host is not on the public internet."],
      ["https://db.internal/mcp", "its host is not on the public internet."],
      ["https://intranet/mcp", "its host has no domain."],
      ["https://mine.example:8443/mcp", "only port 443 is allowed."],
      ["https://u:p@mine.example/mcp", "it carries credentials."],
    ]) {
      expect(refusal({ server_label: "mine", server_url: url }, open)).toBe(
        `400 mcp_server_not_allowed tools[2]: The field \`tools[2].server_url\` can't be used. The URL was not fetched: ${why}`,
      );
    }
  });

  it("refuses what is of a wrong kind, by name and without repeating it", () => {
    const label = wrong("server_label", "must begin with a letter, and have at most 64 letters, digits, - and _");
    for (const server_label of [undefined, "", "a b", "1a", "a".repeat(65), 7]) {
      expect(refusal({ server_label })).toBe(label);
    }
    for (const authorization of ["", "two\nlines", "ü", 7]) {
      expect(refusal({ server_label: "docs", authorization })).toBe(
        wrong("authorization", "must be a token of visible characters"),
      );
    }
    for (const headers of [[], "a", Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`a${index}`, "b"]))]) {
      expect(refusal({ server_label: "docs", headers })).toBe(
        wrong("headers", "must be an object of at most 32 headers"),
      );
    }
    for (const headers of [{ "a b": "c" }, { a: "secret\r\nx: y" }, { a: 1 }, { a: "" }]) {
      expect(refusal({ server_label: "docs", headers })).toBe(
        wrong("headers", "must hold header names with values of visible characters"),
      );
    }
    for (const name of ["Host", "content-type", "Mcp-Session-Id", "cookie", "Transfer-Encoding", "CF-Connecting-IP"]) {
      expect(refusal({ server_label: "docs", headers: { [name]: "secret" } })).toBe(
        wrong("headers", `must not set the header ${name.toLowerCase()}`),
      );
    }
    for (const allowed_tools of ["a", [1], { tool_names: "a" }, { read_only: 1 }]) {
      expect(refusal({ server_label: "docs", allowed_tools })).toBe(
        wrong("allowed_tools", "must be an array of tool names or {tool_names?, read_only?}"),
      );
    }
    for (const require_approval of ["sometimes", 1, []]) {
      expect(refusal({ server_label: "docs", require_approval })).toBe(
        wrong("require_approval", "must be always, never or {always?, never?} with filters"),
      );
    }
    expect(refusal({ server_label: "docs", require_approval: { never: ["a"] } })).toBe(
      wrong("require_approval.never", "must be {tool_names?, read_only?}"),
    );
    for (const field of ["connector_id", "tunnel_id"]) {
      expect(refusal({ server_label: "docs", [field]: "connector_gmail" })).toBe(
        `400 unsupported_tool tools[2].${field}: The field \`tools[2].${field}\` names a service of OpenAI's own, which this Worker can't reach. Send a \`server_url\`.`,
      );
    }
  });

  const reading = { name: "read", annotations: { readOnlyHint: true } };
  const writing = { name: "write" };

  it.each([
    [undefined, true, true],
    [null, true, true],
    [["read"], true, false],
    [[], false, false],
    [{ tool_names: ["write"] }, false, true],
    [{ read_only: true }, true, false],
    [{ read_only: false }, false, true],
    [{ tool_names: ["write"], read_only: true }, false, false],
    [{}, true, true],
  ])("allows by %j", (allowed_tools, mayRead, mayWrite) => {
    const { isAllowed } = read({ server_label: "docs", allowed_tools });
    expect([isAllowed(reading), isAllowed(writing)]).toEqual([mayRead, mayWrite]);
  });

  it.each([
    [undefined, true, true],
    [null, true, true],
    ["always", true, true],
    ["never", false, false],
    [{ never: { tool_names: ["read"] } }, false, true],
    [{ never: { read_only: true } }, false, true],
    [{ always: { tool_names: ["write"] } }, false, true],
    [{ always: { read_only: false } }, false, true],
    [{ always: { tool_names: ["write"] }, never: { tool_names: ["read"] } }, false, true],
    [{ always: { tool_names: ["read"] }, never: { tool_names: ["read", "write"] } }, true, false],
    [{ always: { tool_names: ["other"] }, never: { tool_names: ["another"] } }, true, true],
    [{ never: {} }, false, false],
    [{}, true, true],
  ])("asks for approval by %j", (require_approval, toRead, toWrite) => {
    const server = read({ server_label: "docs", require_approval });
    expect([server.needsApproval(reading), server.needsApproval(writing)]).toEqual([toRead, toWrite]);
    expect(server.mayNeedApproval).toBe(require_approval !== "never");
  });
});

describe("signed approvals", () => {
  const secret = "s".repeat(32);
  const now = Date.UTC(2026, 10, 25);
  const call: ApprovedCall = {
    owner: "alice",
    serverUrl: "https://mcp.example.com/mcp",
    tool: "delete",
    arguments: '{"path":"/tmp"}',
  };
  const sign = () => signApproval(call, { secret, now });

  it("hold for the call they were made for, for an hour", async () => {
    const id = await sign();
    expect(id).toMatch(/^mcpr_[0-9a-z]{6}_[\w-]{43}$/);
    expect(isSignedId(id)).toBe(true);
    expect(await checkApproval(id, call, { secret, now })).toBe("valid");
    expect(await checkApproval(id, call, { secret, now: now + 3_600_000 })).toBe("valid");
    expect(await checkApproval(id, call, { secret, now: now + 3_601_000 })).toBe("expired");
  });

  it.each([
    ["another caller", { owner: "bob" }],
    ["another server", { serverUrl: "https://evil.example/mcp" }],
    ["another tool", { tool: "delete2" }],
    ["other arguments", { arguments: '{"path":"/"}' }],
    ["the same arguments written otherwise", { arguments: '{"path": "/tmp"}' }],
    ["fields that only together are the same", { tool: 'delete","{', arguments: '"path":"/tmp"}' }],
  ])("don't hold for %s", async (_, change) => {
    expect(await checkApproval(await sign(), { ...call, ...change }, { secret, now })).toBe("invalid");
  });

  it("don't hold when they were forged or edited", async () => {
    const id = await sign();
    const [, expiry = "", signature = ""] = /^mcpr_([0-9a-z]+)_(.+)$/.exec(id) ?? [];
    const later = (Number.parseInt(expiry, 36) + 1_000_000).toString(36);
    const forged = [
      `mcpr_${later}_${signature}`,
      `mcpr_${expiry}_${"A".repeat(43)}`,
      `mcpr_${expiry}_${signature.slice(0, -1)}`,
      `mcpr_${expiry}_${signature}A`,
      `mcpr_${"0".repeat(38)}`,
      `mcpr_${expiry}_`,
      "mcpr_",
      "",
    ];
    for (const given of forged) expect(await checkApproval(given, call, { secret, now })).toBe("invalid");
    expect(await checkApproval(id, call, { secret: "t".repeat(32), now })).toBe("invalid");
    expect(isSignedId("mcpr_00112233445566778899aabbccddeeff0003")).toBe(false);
  });
});
