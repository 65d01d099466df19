import { invalidRequest } from "../../errors.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/json.ts";
import type { SearchProvider, UserLocation } from "./search-provider.ts";

/** How a request wants its web searched. */
export interface SearchOptions {
  allowedDomains: readonly string[];
  blockedDomains: readonly string[];
  location: UserLocation;
  /** Results of a search. */
  limit: number;
  /** Characters quoted of each. */
  textLength: number;
  /** Whether pages may be opened: `external_web_access: false` leaves what the search provider has indexed. */
  opensPages: boolean;
}

/** By `search_context_size`. */
const sizes: Readonly<Record<string, Pick<SearchOptions, "limit" | "textLength">>> = {
  low: { limit: 3, textLength: 600 },
  medium: { limit: 5, textLength: 1_200 },
  high: { limit: 10, textLength: 2_000 },
};

/** Most domains of a filter (openai-openapi, `WebSearchTool.filters.allowed_domains`). */
const maxDomains = 100;

/**
 * Reads a `web_search` tool. Calls `warn` for each option that has no effect.
 * @throws {ApiError} 400 that names what is of a wrong kind
 */
export function readSearchTool(
  definition: JsonRecord,
  {
    param,
    provider,
    warn,
  }: { param: string; provider: Pick<SearchProvider, "name" | "honoursLocation">; warn: (text: string) => void },
): SearchOptions {
  const { filters, search_context_size: size, user_location: location, external_web_access: access } = definition;
  const { allowed_domains: allowed, blocked_domains: blocked } = isRecord(filters) ? filters : {};
  const chosen = sizes[readText(size) || "medium"];
  if (chosen === undefined) {
    throw invalidRequest({
      code: "invalid_value",
      param: `${param}.search_context_size`,
      message: `The field \`${param}.search_context_size\` must be one of: low, medium, high.`,
    });
  }
  const userLocation = readLocation(location);
  if (Object.keys(userLocation).length > 0 && !provider.honoursLocation) {
    warn(`The search provider ${provider.name} does not take a location: user_location had no effect.`);
  }
  const contentTypes = definition["search_content_types"];
  if (Array.isArray(contentTypes) && contentTypes.includes("image")) {
    warn("Web search finds text only: search_content_types image had no effect.");
  }
  return {
    allowedDomains: readDomains(allowed, `${param}.filters.allowed_domains`),
    blockedDomains: readDomains(blocked, `${param}.filters.blocked_domains`),
    location: userLocation,
    ...chosen,
    opensPages: access !== false,
  };
}

function readLocation(location: unknown): UserLocation {
  if (!isRecord(location)) return {};
  const { country, region, city, timezone } = location;
  return {
    ...(typeof country === "string" && { country }),
    ...(typeof region === "string" && { region }),
    ...(typeof city === "string" && { city }),
    ...(typeof timezone === "string" && { timezone }),
  };
}

/** Domains are names without a scheme; one with it, or with a path, is read as its host. */
function readDomains(domains: unknown, param: string): string[] {
  if (domains === undefined || domains === null) return [];
  const isList = Array.isArray(domains) && domains.length <= maxDomains;
  const hosts = isList ? domains.map((domain) => URL.parse(withScheme(readText(domain)))?.hostname ?? "") : [""];
  if (hosts.includes("")) {
    throw invalidRequest({
      code: "invalid_value",
      param,
      message: `The field \`${param}\` must be an array of at most ${maxDomains} domains such as example.com.`,
    });
  }
  return hosts;
}

function withScheme(domain: string): string {
  return /^https?:\/\//i.test(domain) ? domain : `https://${domain}`;
}
