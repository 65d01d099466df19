import type { UrlCitation } from "../../protocol/events.ts";

/** A Markdown link to a web address, or the bare address. What closes a sentence or a bracket is none of the address. */
const address = /\[[^\]\n]{1,300}\]\((https?:\/\/[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\)|https?:\/\/[^\s<>"'`\]]+/g;

/**
 * Finds where a text names pages that were searched or opened. A page that the text doesn't name is not cited, and an
 * address that no tool brought is not either.
 * @param sources title by URL
 */
export function citeUrls(text: string, sources: ReadonlyMap<string, string>): UrlCitation[] {
  if (sources.size === 0) return [];
  const titles = new Map([...sources].map(([url, title]) => [normalize(url), title]));
  return [...text.matchAll(address)].flatMap((match) => {
    const [whole, linked] = match;
    const named = linked ?? trimAddress(whole);
    const title = titles.get(normalize(named));
    if (title === undefined) return [];
    const end = match.index + (linked === undefined ? named.length : whole.length);
    return [{ type: "url_citation" as const, start_index: match.index, end_index: end, url: named, title }];
  });
}

function trimAddress(whole: string): string {
  const trimmed = whole.replace(/[.,;:!?*_]+$/, "");
  const isOpened = (trimmed.match(/\(/g)?.length ?? 0) >= (trimmed.match(/\)/g)?.length ?? 0);
  return trimmed.endsWith(")") && !isOpened ? trimAddress(trimmed.slice(0, -1)) : trimmed;
}

/** Two ways to write one address: with and without a fragment or a last slash. */
function normalize(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  parsed.hash = "";
  return parsed.href.replace(/\/$/, "");
}
