import { WorkerEntrypoint } from "cloudflare:workers";
import { answerMcp } from "./web/mcp-server.ts";
import { pages, renderPage } from "./web/pages.ts";
import { searchPages } from "./web/search-pages.ts";

/**
 * Stands in for the web: a search engine at search.example, an MCP server at mcp.example, and the pages of the other
 * hosts under `.example`, a domain that nobody can own (RFC 2606). What is asked of any other host goes there.
 */
export class LocalWeb extends WorkerEntrypoint<object> {
  override fetch(request: Request): Response | Promise<Response> {
    const url = new URL(request.url);
    switch (url.hostname) {
      case "search.example":
        return Response.json(searchPages(url.searchParams.get("q") ?? ""));
      case "mcp.example":
        return answerMcp(request);
      default:
        return url.hostname.endsWith(".example") ? answerPage(url) : fetch(request);
    }
  }
}

function answerPage({ href }: URL): Response {
  const page = pages.find(({ url }) => url === href);
  if (page === undefined) return new Response("There is no such page in the stand-in's web.\n", { status: 404 });
  return new Response(renderPage(page), { headers: { "content-type": "text/html; charset=utf-8" } });
}
