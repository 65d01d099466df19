import type { SearchSetting } from "../../hosted-tool-settings.ts";
import { isRecord } from "../../protocol/json.ts";
import type { Fetch } from "../../web/fetch-guarded.ts";
import { searchByBinding } from "../../workers-ai/search-web.ts";
import { ToolFailure } from "../tool-failure.ts";
import { readProviderAnswer } from "./read-provider-answer.ts";
import { readResults, type SearchResult } from "./search-result.ts";

/** Where the user is, as far as the request says. */
export interface UserLocation {
  country?: string;
  region?: string;
  city?: string;
  timezone?: string;
}

export interface SearchRequest {
  query: string;
  /** How many results are wanted, 10 at most. */
  limit: number;
  /** Empty for any. A provider that can't limit a search to domains is filtered afterwards, as all are. */
  allowedDomains: readonly string[];
  blockedDomains: readonly string[];
  location: UserLocation;
  /** Aborts when nobody waits for the results any more. */
  signal: AbortSignal;
}

export interface SearchProvider {
  /** For messages. */
  name: string;
  honoursLocation: boolean;
  /** @throws {ToolFailure} saying what went wrong */
  search: (request: SearchRequest) => Promise<SearchResult[]>;
}

const names = { cloudflare: "Cloudflare", brave: "Brave", tavily: "Tavily", searxng: "SearXNG" } as const;

/** What can be said of a provider without asking it. */
export function describeProvider({ kind }: SearchSetting): Pick<SearchProvider, "name" | "honoursLocation"> {
  return { name: names[kind], honoursLocation: kind === "brave" };
}

/** The provider that a setting names. `fetch` reaches what the operator names: it needs no guard. */
export function findProvider(setting: SearchSetting, { ai, fetch }: { ai: unknown; fetch: Fetch }): SearchProvider {
  const described = describeProvider(setting);
  switch (setting.kind) {
    case "cloudflare":
      return { ...described, search: (request) => searchCloudflare(request, setting, ai) };
    case "brave":
      return { ...described, search: (request) => searchBrave(request, setting.key, fetch) };
    case "tavily":
      return { ...described, search: (request) => searchTavily(request, setting.key, fetch) };
    case "searxng":
      return { ...described, search: (request) => searchSearxng(request, setting.url, fetch) };
    default:
      return setting satisfies never;
  }
}

/** 10 results and 1,024 characters are the most it takes; domains can't be chosen, so all 10 are asked for. */
async function searchCloudflare(
  { query, limit, allowedDomains, blockedDomains, signal }: SearchRequest,
  { provider, gatewayId }: SearchSetting & { kind: "cloudflare" },
  ai: unknown,
): Promise<SearchResult[]> {
  const isFiltered = allowedDomains.length + blockedDomains.length > 0;
  const answer = await readProviderAnswer("Cloudflare", signal, async () => {
    const response = await searchByBinding({
      ai,
      gatewayId,
      provider,
      query: query.slice(0, 1_024),
      limit: isFiltered ? 10 : limit,
    });
    if (response === undefined) throw new ToolFailure("The search failed: the binding AI can't search the web.");
    return response;
  });
  return readResults(isRecord(answer) ? answer["items"] : undefined, { text: "description", date: "lastModifiedDate" });
}

/**
 * GET https://api.search.brave.com/res/v1/web/search?q=…&count=… (api-dashboard.search.brave.com): 400 characters and 20
 * results at most.
 *
 *   {"web":{"results":[{"title","url","description","page_age"?}]}}
 */
async function searchBrave(request: SearchRequest, key: string, fetch: Fetch): Promise<SearchResult[]> {
  const url = new URL("https://api.search.brave.com/res/v1/web/search");
  url.searchParams.set("q", limitToDomains(request).slice(0, 400));
  url.searchParams.set("count", "20");
  url.searchParams.set("text_decorations", "false");
  url.searchParams.set("result_filter", "web");
  const answer = await readProviderAnswer("Brave", request.signal, (signal) =>
    fetch(url.href, {
      // A redirect would take the key along.
      redirect: "manual",
      headers: { accept: "application/json", "x-subscription-token": key, ...locationHeaders(request.location) },
      signal,
    }),
  );
  const web = isRecord(answer) ? answer["web"] : undefined;
  return readResults(isRecord(web) ? web["results"] : undefined, { text: "description", date: "page_age" });
}

function locationHeaders({ country, region, city, timezone }: UserLocation): Record<string, string> {
  const headers = {
    "x-loc-country": country,
    "x-loc-state-name": region,
    "x-loc-city": city,
    "x-loc-timezone": timezone,
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && /^[\u0020-\u007e]{1,100}$/.test(value) ? [[name, value]] : [],
    ),
  );
}

/**
 * POST https://api.tavily.com/search (docs.tavily.com): 20 results at most.
 *
 *   {"results":[{"title","url","content","published_date"?}]}
 */
async function searchTavily(
  { query, limit, allowedDomains, blockedDomains, signal: clientSignal }: SearchRequest,
  key: string,
  fetch: Fetch,
): Promise<SearchResult[]> {
  const answer = await readProviderAnswer("Tavily", clientSignal, (signal) =>
    fetch("https://api.tavily.com/search", {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({
        query,
        max_results: limit,
        ...(allowedDomains.length > 0 && { include_domains: allowedDomains }),
        ...(blockedDomains.length > 0 && { exclude_domains: blockedDomains }),
      }),
      signal,
    }),
  );
  return readResults(isRecord(answer) ? answer["results"] : undefined, { text: "content", date: "published_date" });
}

/**
 * GET <url>/search?q=…&format=json (docs.searxng.org/dev/search_api.html). The instance has to have `json` among its
 * `search.formats`, else it answers 403.
 *
 *   {"results":[{"url","title","content","publishedDate"?}]}
 */
async function searchSearxng(request: SearchRequest, base: string, fetch: Fetch): Promise<SearchResult[]> {
  const url = new URL(`${base}/search`);
  url.searchParams.set("q", limitToDomains(request));
  url.searchParams.set("format", "json");
  const answer = await readProviderAnswer("SearXNG", request.signal, (signal) =>
    fetch(url.href, { redirect: "manual", headers: { accept: "application/json" }, signal }),
  );
  return readResults(isRecord(answer) ? answer["results"] : undefined, { text: "content", date: "publishedDate" });
}

/** Most engines know `site:`. It only brings more of what is wanted: results are filtered in any case. */
function limitToDomains({ query, allowedDomains }: SearchRequest): string {
  if (allowedDomains.length === 0 || allowedDomains.length > 4) return query;
  const sites = allowedDomains.map((domain) => `site:${domain}`).join(" OR ");
  return allowedDomains.length === 1 ? `${query} ${sites}` : `${query} (${sites})`;
}
