import { cutText } from "../frame-result.ts";
import type { SearchOptions } from "./read-search-tool.ts";
import type { SearchProvider } from "./search-provider.ts";
import type { SearchResult } from "./search-result.ts";

/**
 * Searches the web for a query of the model's, as the request wants it: only allowed domains, as many results as asked
 * for. Throws what the provider throws.
 */
export async function searchWeb({
  query,
  options,
  provider,
  signal,
}: {
  query: string;
  options: SearchOptions;
  provider: SearchProvider;
  signal: AbortSignal;
}): Promise<SearchResult[]> {
  const { limit, allowedDomains, blockedDomains, location } = options;
  const found = await provider.search({ query, limit, allowedDomains, blockedDomains, location, signal });
  return found.filter(({ url }) => isAllowed(url, options)).slice(0, limit);
}

/** Whether the filters let a page through. A domain stands for its subdomains too. */
export function isAllowed(
  url: string,
  { allowedDomains, blockedDomains }: Pick<SearchOptions, "allowedDomains" | "blockedDomains">,
): boolean {
  const host = URL.parse(url)?.hostname.replace(/\.$/, "") ?? "";
  const isUnder = (domain: string) => host === domain || host.endsWith(`.${domain}`);
  return !blockedDomains.some(isUnder) && (allowedDomains.length === 0 || allowedDomains.some(isUnder));
}

/** Search results as the model reads them. */
export function renderResults(
  results: readonly SearchResult[],
  { textLength }: Pick<SearchOptions, "textLength">,
): string {
  if (results.length === 0) return "Nothing was found.";
  return results
    .map(({ url, title, text, date }, index) =>
      [`[${index + 1}] ${title}`, url, date, cutText(text, textLength)].filter((line) => line !== "").join("\n"),
    )
    .join("\n\n");
}
