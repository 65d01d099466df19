import type { Price } from "../config.ts";
import type { Tokens } from "./read-tokens.ts";

/**
 * US dollars per million tokens (developers.cloudflare.com/workers-ai/platform/pricing, as of 28 August 2026). gpt-oss has
 * no price for cached input: it costs what other input costs. The setting `PRICES` adds to this table and overrides it.
 */
const prices: readonly Price[] = [
  { model: "@cf/openai/gpt-oss-20b", input: 0.2, output: 0.3, cached: undefined },
  { model: "@cf/openai/gpt-oss-120b", input: 0.35, output: 0.75, cached: undefined },
];

/** The price of a model, by the setting first; undefined when it is not known. */
export function findPrice(model: string, overrides: readonly Price[]): Price | undefined {
  return [...overrides, ...prices].find((price) => price.model === model);
}

/**
 * What a call costs, in billionths of a US dollar: a price has three decimals at most, so that this is a whole number
 * and sums are exact. Undefined for a model without a known price. Reasoning tokens are output tokens.
 */
export function findCost({
  model,
  tokens,
  overrides,
}: {
  model: string;
  tokens: Tokens;
  overrides: readonly Price[];
}): number | undefined {
  const price = findPrice(model, overrides);
  if (price === undefined) return undefined;
  const cached = Math.min(tokens.cached, tokens.input);
  return (
    (tokens.input - cached) * perToken(price.input) +
    cached * perToken(price.cached ?? price.input) +
    tokens.output * perToken(price.output)
  );
}

/** Dollars per million tokens as billionths of a dollar per token. */
function perToken(dollars: number): number {
  return Math.round(dollars * 1_000);
}

/** Billionths of a dollar as dollars. */
export function toDollars(billionths: number): number {
  return billionths / 1e9;
}
