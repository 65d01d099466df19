import type { Counted } from "../call.ts";
import type { Config } from "../config.ts";
import type { SearchSetting } from "../hosted-tool-settings.ts";

/** How PRICES names what is counted, and so which tool it is. */
const names: Readonly<Record<Counted, string>> = {
  searches: "web_search",
  pages: "open_page",
  mcp_calls: "mcp",
  images: "image_generation",
};

/**
 * US dollars per thousand searches, by provider (developers.cloudflare.com/web-search/pricing and brave.com/search/api, as
 * of August 2026; Tavily's was not verified). An instance of SearXNG is the operator's own.
 */
const searchPrices: Readonly<Record<string, number>> = {
  "cloudflare:ceramic": 0.25,
  "cloudflare:exa": 7,
  "cloudflare:linkup": 5,
  brave: 5,
  tavily: 8,
};

/** US dollars per thousand images of a megapixel, by the model's own defaults (its page on developers.cloudflare.com). */
const imagePrices: Readonly<Record<string, number>> = { "@cf/black-forest-labs/flux-1-schnell": 0.634 };

/** What hosted tools cost that did this much, in billionths of a US dollar. What has no known price counts as nothing. */
export function computeToolCost(
  tools: Readonly<Record<Counted, number>>,
  { hostedTools: { webSearch, imageModel }, toolPrices }: Pick<Config, "hostedTools" | "toolPrices">,
): number {
  const known: Record<Counted, number> = {
    searches: webSearch === undefined ? 0 : (searchPrices[nameSearch(webSearch)] ?? 0),
    // A page is fetched and converted for nothing; MCP servers send bills of their own.
    pages: 0,
    mcp_calls: 0,
    images: imagePrices[imageModel ?? ""] ?? 0,
  };
  const counted = ["searches", "pages", "mcp_calls", "images"] as const;
  return counted.reduce((sum, what) => sum + tools[what] * perCall(toolPrices.get(names[what]) ?? known[what]), 0);
}

function nameSearch(setting: SearchSetting): string {
  return setting.kind === "cloudflare" ? `cloudflare:${setting.provider ?? "ceramic"}` : setting.kind;
}

/** Dollars per thousand as billionths of a dollar for one. */
function perCall(dollars: number): number {
  return Math.round(dollars * 1_000_000);
}
