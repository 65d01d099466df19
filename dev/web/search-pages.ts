import { aboutPage, pages, type WebPage } from "./pages.ts";

/** Words too common to tell one page from another. */
const commonWords = new Set(
  "a an and are did do does for how in is it long many of on the to was web what when where who why".split(" "),
);

/**
 * Answers a search as SearXNG does with `format=json`: the pages that have a word of the query, the best first. Where none
 * has, the page that says so: a search always finds something.
 */
export function searchPages(query: string): {
  query: string;
  results: { url: string; title: string; content: string }[];
} {
  const wanted = wordsOf(query);
  const results = pages
    .filter((page) => page !== aboutPage)
    .map((page) => ({ page, score: wanted.intersection(wordsOf(textOf(page))).size }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .map(({ page }) => page);
  const shown = results.length > 0 ? results : [aboutPage];
  return {
    query,
    results: shown.map(({ url, title, paragraphs }) => ({ url, title, content: paragraphs.slice(0, 2).join(" ") })),
  };
}

function textOf({ title, paragraphs }: WebPage): string {
  return [title, ...paragraphs].join(" ");
}

/** Without a plural s. */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.map((word) => word.replace(/(?<=\p{L}{3})s$/u, "")).filter((word) => !commonWords.has(word)));
}
