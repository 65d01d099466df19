/** What a search by the AI binding needs. */
export interface BindingSearch {
  /** The `AI` binding, or whatever is bound under its name. */
  ai: unknown;
  /** An AI Gateway that pays for the search, by credits or by a provider's key. */
  gatewayId: string;
  /** `ceramic`, `exa` or `linkup`; Cloudflare's default when undefined. */
  provider: string | undefined;
  /** 1,024 characters at most. */
  query: string;
  /** 10 at most. */
  limit: number;
}

/** In workers-types 5 the type lacks its newer `byokAlias`, and the stand-in for development is another object. */
interface SearchingAi {
  websearch(request: { gatewayId: string; query: string; provider?: string; limit: number }): Promise<Response>;
}

/**
 * Searches the web by `env.AI.websearch` (beta; developers.cloudflare.com/web-search/how-to-use). Undefined when the
 * binding has no such method.
 *
 *   {"items":[{"url","title","description"?,"lastModifiedDate"?}],"metadata":{…}}
 */
export async function searchByBinding({
  ai,
  gatewayId,
  provider,
  query,
  limit,
}: BindingSearch): Promise<Response | undefined> {
  if (!canSearch(ai)) return undefined;
  return ai.websearch({ gatewayId, query, limit, ...(provider !== undefined && { provider }) });
}

function canSearch(ai: unknown): ai is SearchingAi {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && "websearch" in ai;
}
