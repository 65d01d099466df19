import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { computeToolCost } from "../../src/metering/tool-prices.ts";

const none = { searches: 0, pages: 0, mcp_calls: 0, images: 0 };
const all = { searches: 1_000, pages: 1_000, mcp_calls: 1_000, images: 1_000 };

function costOf(tools: typeof none, settings: object): number {
  return computeToolCost(tools, readConfig({ AUTH: "none", ...settings })) / 1e9;
}

describe("the cost of hosted tools", () => {
  it.each([
    ["Cloudflare's own search", { WEB_SEARCH: "cloudflare", AI_GATEWAY_ID: "gateway" }, 0.25],
    ["Cloudflare's search by Exa", { WEB_SEARCH: "cloudflare:exa", AI_GATEWAY_ID: "gateway" }, 7],
    ["Cloudflare's search by a provider that is not known", { WEB_SEARCH: "cloudflare:new", AI_GATEWAY_ID: "g" }, 0],
    ["Brave", { WEB_SEARCH: "brave", WEB_SEARCH_KEY: "key" }, 5],
    ["Tavily", { WEB_SEARCH: "tavily", WEB_SEARCH_KEY: "key" }, 8],
    ["an own SearXNG", { WEB_SEARCH: "searxng:https://search.example.com" }, 0],
    ["FLUX.1 schnell", { IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell" }, 0.634],
    ["a model that is not known", { IMAGE_MODEL: "@cf/new/image" }, 0],
  ])("is a thousand times the price of %s", (_, settings, dollars) => {
    expect(costOf(all, settings)).toBe(dollars);
    expect(costOf(none, settings)).toBe(0);
  });

  it("is what PRICES says, beside the prices of models", () => {
    const PRICES = "@cf/a/b=1/2, web_search=1.5, open_page=0.001, mcp=0.25, image_generation=20, mcp/a=1/2";
    expect(costOf(all, { PRICES, WEB_SEARCH: "brave", WEB_SEARCH_KEY: "key" })).toBe(21.751);
    expect(readConfig({ AUTH: "none", PRICES }).prices.map(({ model }) => model)).toEqual(["@cf/a/b", "mcp/a"]);
  });

  it.each(["web_search=1,mcp=1,web_search=2", "@cf/a/b=1/2,@cf/a/b=1/3"])(
    "refuses two prices: PRICES = %s",
    (PRICES) => {
      expect(() => readConfig({ AUTH: "none", PRICES })).toThrow(
        "The setting PRICES must not give two prices to one name.",
      );
    },
  );

  it.each(["web_search=1.2345", "web_search=", "web_fetch=1", "mcp=1,mcp"])("refuses PRICES = %s", (PRICES) => {
    expect(() => readConfig({ AUTH: "none", PRICES })).toThrow(
      "The setting PRICES must be a comma separated list of prices in US dollars: per million tokens such as model=0.2/0.3 (input/output, then cached input if it has a price), per thousand calls such as web_search=5 (web_search, open_page, mcp, image_generation)",
    );
  });
});
