import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { LocalWeb } from "../../dev/local-web.ts";
import { drawImage } from "../../dev/model/draw-image.ts";
import { convertDocument } from "../../dev/model/to-markdown.ts";
import { McpClient } from "../../src/hosted/mcp/mcp-client.ts";
import { readCallResult } from "../../src/hosted/mcp/read-call-result.ts";
import { findProvider } from "../../src/hosted/web-search/search-provider.ts";
import type { Fetch } from "../../src/web/fetch-guarded.ts";

const { signal } = new AbortController();

const web: Fetch = async (url, init) => new LocalWeb(createExecutionContext(), {}).fetch(new Request(url, init));

describe("the stand-in's web", () => {
  it("finds pages as SearXNG does", async () => {
    const provider = findProvider({ kind: "searxng", url: "https://search.example" }, { ai: undefined, fetch: web });
    const search = (query: string) =>
      provider.search({ query, limit: 5, allowedDomains: [], blockedDomains: [], location: {}, signal });
    expect((await search("How long is the Rhine?")).map(({ url }) => url)).toEqual(["https://rivers.example/rhine"]);
    expect((await search("honeybees in winter")).map(({ title }) => title)).toEqual([
      "How a colony survives the winter",
      "The waggle dance",
    ]);
    expect((await search("quantum chromodynamics")).map(({ url }) => url)).toEqual(["https://stand-in.example/about"]);
  });

  it("has the pages that it finds, and no others", async () => {
    const page = await web("https://rivers.example/rhine", {});
    const converted = await convertDocument({ name: "page.html", contentType: "text/html", bytes: await page.bytes() });
    expect(converted).toMatchObject({
      format: "markdown",
      data: [
        "# The Rhine",
        "The Rhine rises in the Swiss Alps and reaches the North Sea in the Netherlands after 1,230 kilometres.",
        "For a long time it was given as 1,320: somebody had swapped two digits in a lexicon.",
      ].join("\n\n"),
    });
    expect((await web("https://rivers.example/danube", {})).status).toBe(404);
  });

  it("has an MCP server that speaks both eras", async () => {
    for (const modern of [true, false]) {
      const fetch: Fetch = async (url, init) => {
        const isProbe = typeof init.body === "string" && init.body.includes("server/discover");
        return isProbe && !modern ? new Response(null, { status: 400 }) : web(url, init);
      };
      const client = new McpClient({ url: `https://mcp.example/${modern}`, headers: {}, isGuarded: false, fetch });
      const tools = await client.listTools(signal);
      expect(tools.map(({ name, annotations }) => [name, annotations?.["readOnlyHint"]])).toEqual([
        ["roll_dice", true],
        ["save_note", false],
      ]);
      const [dice] = tools;
      if (dice === undefined) throw new Error("there is no tool");
      expect(readCallResult(await client.callTool(dice, { sides: 6 }, signal))).toEqual({
        output: "A die with 6 sides shows 3.",
      });
      const missing = client.callTool({ name: "nothing", input_schema: {} }, {}, signal);
      await expect(missing).rejects.toThrow("Unknown tool: nothing");
    }
  });
});

describe("the stand-in's image", () => {
  it("is a PNG that depends on the prompt alone", async () => {
    const one = await drawImage("A bee");
    expect(one).toBe(await drawImage("A bee"));
    expect(one).not.toBe(await drawImage("A fox"));
    const bytes = Uint8Array.fromBase64(one);
    expect(bytes.subarray(0, 8)).toEqual(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    // IEND and its checksum are the same in every PNG.
    expect(bytes.subarray(-12).toHex()).toBe("0000000049454e44ae426082");
  });
});

describe("the stand-in's conversion", () => {
  it("says so when it can't", async () => {
    const converted = await convertDocument({
      name: "a.pdf",
      contentType: "application/pdf",
      bytes: new Uint8Array(4),
    });
    expect(converted).toEqual({
      id: "a.pdf",
      name: "a.pdf",
      mimeType: "application/pdf",
      format: "error",
      error: "The stand-in could not read it.",
    });
  });
});
