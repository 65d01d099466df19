import type { Counted } from "../../call.ts";
import type { WebSearchCallItem } from "../../protocol/hosted-items.ts";
import type { ItemSlot } from "../../protocol/item-slot.ts";
import { readText } from "../../protocol/json.ts";
import type { Fetch } from "../../web/fetch-guarded.ts";
import { WebFailure } from "../../web/web-failure.ts";
import { type HostedCall, readArguments } from "../hosted-tool.ts";
import { ToolFailure } from "../tool-failure.ts";
import { openPage } from "./open-page.ts";
import type { SearchOptions } from "./read-search-tool.ts";
import type { SearchProvider } from "./search-provider.ts";
import type { SearchResult } from "./search-result.ts";
import { renderResults, searchWeb } from "./search-web.ts";

/** What the web search of one Response has. */
export interface SearchKit {
  options: SearchOptions;
  provider: SearchProvider;
  /** The `AI` binding, which turns pages into text. */
  ai: unknown;
  /** For pages that the model names. */
  fetch: Fetch;
  /** Whether items list what was found: `include: ["web_search_call.action.sources"]`. */
  showsSources: boolean;
  /** Whether items hold it: `include: ["web_search_call.results"]`. */
  showsResults: boolean;
  /** Titles of all pages found or opened so far, by URL: an answer may cite them. */
  sources: Map<string, string>;
  /** Learns of each search and each page that was paid for. */
  count: (what: Counted) => void;
}

type Action = WebSearchCallItem["action"];

/** One search, or one page opened: both are a `web_search_call`. */
export class SearchCall implements HostedCall {
  readonly #slot: ItemSlot;
  readonly #kind: Action["type"];
  readonly #kit: SearchKit;
  #text = "";
  #item: WebSearchCallItem;

  constructor(slot: ItemSlot, { id, kind, kit }: { id: string; kind: Action["type"]; kit: SearchKit }) {
    this.#slot = slot;
    this.#kind = kind;
    this.#kit = kit;
    const action: Action = kind === "search" ? describeSearch("") : { type: "open_page", url: "" };
    this.#item = { id, type: "web_search_call", status: "in_progress", action };
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item: this.#item });
    slot.emit({ type: "response.web_search_call.in_progress", ...this.#place() });
  }

  item(): WebSearchCallItem {
    return this.#item;
  }

  grow(delta: string): void {
    this.#text += delta;
  }

  async run(signal: AbortSignal): Promise<string> {
    this.#slot.emit({ type: "response.web_search_call.searching", ...this.#place() });
    const given = readArguments(this.#text) ?? {};
    try {
      const text =
        this.#kind === "search"
          ? await this.#search(readText(given["query"]), signal)
          : await this.#open(readText(given["url"]), signal);
      this.#slot.emit({ type: "response.web_search_call.completed", ...this.#place() });
      this.#close("completed");
      return text;
    } catch (error) {
      signal.throwIfAborted();
      this.#close("failed");
      if (error instanceof ToolFailure || error instanceof WebFailure) return error.message;
      throw error;
    }
  }

  skip(): void {
    this.#close("incomplete");
  }

  async #search(query: string, signal: AbortSignal): Promise<string> {
    const { options, provider, showsSources, showsResults, sources, count } = this.#kit;
    this.#item = { ...this.#item, action: describeSearch(query) };
    if (query.trim() === "") throw new ToolFailure("The search failed: its query is empty.");
    count("searches");
    const results = await searchWeb({ query, options, provider, signal });
    for (const { url, title } of results) sources.set(url, title);
    this.#item = {
      ...this.#item,
      action: {
        ...describeSearch(query),
        ...(showsSources && { sources: results.map(({ url }) => ({ type: "url" as const, url })) }),
      },
      ...(showsResults && { results: results.map(showResult) }),
    };
    return renderResults(results, options);
  }

  async #open(url: string, signal: AbortSignal): Promise<string> {
    const { options, ai, fetch, sources, count } = this.#kit;
    this.#item = { ...this.#item, action: { type: "open_page", url } };
    count("pages");
    const page = await openPage({ url, options, ai, fetch, signal });
    sources.set(page.url, page.title);
    sources.set(url, page.title);
    return `${page.title}\n${page.url}\n\n${page.text}`;
  }

  #close(status: "completed" | "failed" | "incomplete"): void {
    this.#item = { ...this.#item, status };
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item: this.#item });
  }

  #place() {
    return { item_id: this.#item.id, output_index: this.#slot.output_index };
  }
}

function describeSearch(query: string): Action & { type: "search" } {
  return { type: "search", query, queries: query === "" ? [] : [query] };
}

function showResult({ url, title, text }: SearchResult) {
  return { url, title, text };
}
