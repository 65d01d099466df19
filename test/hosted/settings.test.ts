import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { hostedToolSettings, readHostedTools } from "../../src/hosted-tool-settings.ts";

const schema = z.object(hostedToolSettings);

function read(env: Record<string, string>, gatewayId?: string) {
  const checked = schema.safeParse(env);
  if (!checked.success) return `${String(checked.error.issues[0]?.path[0])} ${checked.error.issues[0]?.message}`;
  try {
    return readHostedTools(
      { ...checked.data, AI_GATEWAY_ID: gatewayId },
      (setting, message) => new Error(`${setting} ${message}`),
    );
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

const off = { webSearch: undefined, mcp: undefined, imageModel: undefined };

describe("the settings of hosted tools", () => {
  it("are off when nothing is set", () => {
    expect(read({})).toEqual(off);
  });

  it("name a search provider and what it needs", () => {
    expect(read({ WEB_SEARCH: " cloudflare " }, "main")).toEqual({
      ...off,
      webSearch: { kind: "cloudflare", provider: undefined, gatewayId: "main" },
    });
    expect(read({ WEB_SEARCH: "cloudflare:exa" }, "main")).toEqual({
      ...off,
      webSearch: { kind: "cloudflare", provider: "exa", gatewayId: "main" },
    });
    expect(read({ WEB_SEARCH: "brave", WEB_SEARCH_KEY: "secret" })).toEqual({
      ...off,
      webSearch: { kind: "brave", key: "secret" },
    });
    expect(read({ WEB_SEARCH: "tavily", WEB_SEARCH_KEY: "secret" })).toEqual({
      ...off,
      webSearch: { kind: "tavily", key: "secret" },
    });
    expect(read({ WEB_SEARCH: "searxng:http://127.0.0.1:8888/searx/" })).toEqual({
      ...off,
      webSearch: { kind: "searxng", url: "http://127.0.0.1:8888/searx" },
    });
  });

  it("say what a search provider lacks", () => {
    const wrong =
      "WEB_SEARCH must be cloudflare, cloudflare:provider, brave, tavily or searxng:https://search.example.com";
    for (const value of ["", "google", "cloudflare:", "brave:x", "searxng", "searxng:", "searxng:ftp://a.example"]) {
      expect(read({ WEB_SEARCH: value }, "main")).toBe(wrong);
    }
    expect(read({ WEB_SEARCH: "cloudflare" })).toBe(
      "WEB_SEARCH needs AI_GATEWAY_ID: Cloudflare's search runs through a gateway",
    );
    expect(read({ WEB_SEARCH: "brave" })).toBe("WEB_SEARCH needs the secret WEB_SEARCH_KEY, a key of brave");
    expect(read({ WEB_SEARCH: "tavily" })).toBe("WEB_SEARCH needs the secret WEB_SEARCH_KEY, a key of tavily");
    expect(read({ WEB_SEARCH_KEY: "two words" })).toBe(
      "WEB_SEARCH_KEY must be the provider's API key: 1 to 512 visible characters",
    );
  });

  it("name MCP servers, with a token for each that needs one", () => {
    expect(
      read({
        MCP_SERVERS: "docs=https://mcp.example.com/mcp?tenant=a=b, local=http://127.0.0.1:3001/mcp",
        MCP_TOKENS: "docs:abc:def=",
      }),
    ).toEqual({
      ...off,
      mcp: {
        servers: new Map([
          ["docs", { url: "https://mcp.example.com/mcp?tenant=a=b", token: "abc:def=" }],
          ["local", { url: "http://127.0.0.1:3001/mcp", token: undefined }],
        ]),
        allowsOthers: false,
      },
    });
  });

  it("let a request name servers of its own with a last *", () => {
    expect(read({ MCP_SERVERS: "*" })).toEqual({ ...off, mcp: { servers: new Map(), allowsOthers: true } });
    expect(read({ MCP_SERVERS: "docs=https://a.example/mcp,*" })).toEqual({
      ...off,
      mcp: { servers: new Map([["docs", { url: "https://a.example/mcp", token: undefined }]]), allowsOthers: true },
    });
  });

  it("refuse what is no list of servers", () => {
    const wrong =
      "MCP_SERVERS must be comma separated label=url pairs such as docs=https://mcp.example.com/mcp, and may end with *";
    for (const value of [
      "",
      "docs",
      "docs=",
      "docs=mcp.example.com",
      "docs=ftp://mcp.example.com",
      "docs=https://user:password@mcp.example.com",
      "=https://mcp.example.com",
      "a b=https://mcp.example.com",
      "1st=https://mcp.example.com",
      "*,docs=https://mcp.example.com",
      "docs=https://mcp.example.com,",
    ]) {
      expect(read({ MCP_SERVERS: value })).toBe(wrong);
    }
    expect(read({ MCP_SERVERS: "docs=https://a.example,docs=https://b.example" })).toBe(
      "MCP_SERVERS must not give two URLs to one label",
    );
  });

  it("refuse tokens for no server, and never show them", () => {
    expect(read({ MCP_TOKENS: "docs:secret" })).toBe("MCP_TOKENS names a server that MCP_SERVERS does not have");
    expect(read({ MCP_SERVERS: "docs=https://a.example", MCP_TOKENS: "other:secret" })).toBe(
      "MCP_TOKENS names a server that MCP_SERVERS does not have",
    );
    for (const value of ["docs", "docs:", ":secret", "docs:two words"]) {
      expect(read({ MCP_SERVERS: "docs=https://a.example", MCP_TOKENS: value })).toBe(
        "MCP_TOKENS must be comma separated label:token pairs, each token of visible characters",
      );
    }
  });

  it("name a model for images", () => {
    expect(read({ IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell" })).toEqual({
      ...off,
      imageModel: "@cf/black-forest-labs/flux-1-schnell",
    });
    expect(read({ IMAGE_MODEL: "flux" })).toBe(
      "IMAGE_MODEL must be a Workers AI model such as @cf/black-forest-labs/flux-1-schnell",
    );
  });
});
