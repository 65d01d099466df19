import type { Price } from "./workers-ai/models.ts";

/** What the setting `PRICES` says: it comes before what the Worker knows. */
export interface PriceSettings {
  readonly prices: readonly Price[];
  /** US dollars per thousand calls, by `web_search`, `open_page`, `mcp` and `image_generation`. */
  readonly toolPrices: ReadonlyMap<string, number>;
}

/** One entry: a model's prices for tokens, or a tool's for calls. */
export const price =
  /^(?:[\w@][\w@./:-]{0,127}=\d{1,4}(\.\d{1,3})?(\/\d{1,4}(\.\d{1,3})?){1,2}|(?:web_search|open_page|mcp|image_generation)=\d{1,4}(\.\d{1,3})?)$/;

export const pricesHint =
  "prices in US dollars: per million tokens such as model=0.2/0.3 (input/output, then cached input if it has a price), per thousand calls such as web_search=5 (web_search, open_page, mcp, image_generation)";

export function readPrices(entries: readonly string[]): PriceSettings {
  const pairs = entries.map((entry): [string, number[]] => {
    const [name = "", figures = ""] = entry.split("=");
    return [name, figures.split("/").map(Number)];
  });
  return {
    prices: pairs.flatMap(([model, [input = 0, output, cached]]) =>
      output === undefined ? [] : [{ model, input, output, cached }],
    ),
    toolPrices: new Map(
      pairs.flatMap(([tool, [dollars = 0, output]]): [string, number][] =>
        output === undefined ? [[tool, dollars]] : [],
      ),
    ),
  };
}

/** How many models and tools have a price. */
export function countPriced(entries: readonly string[]): number {
  return new Set(entries.map((entry) => entry.split("=")[0])).size;
}
