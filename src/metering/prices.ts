import type { CallRecord } from "../call.ts";
import type { Tokens } from "../protocol/tokens.ts";
import { findPrice, type Price } from "../workers-ai/models.ts";

/**
 * What a call costs, in billionths of a US dollar: a price has three decimals at most, so that this is a whole number
 * and sums are exact. Undefined for a model without a known price. Reasoning tokens are output tokens.
 */
export function computeCost({
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

/**
 * What a call costs with what was converted for it, in billionths of a US dollar; undefined when nothing of it has a known
 * price.
 */
export function costOfCall(
  { trace: { model }, conversions }: Pick<CallRecord, "trace" | "conversions">,
  { tokens, overrides }: { tokens: Tokens | undefined; overrides: readonly Price[] },
): number | undefined {
  const cost = tokens === undefined || model === undefined ? undefined : computeCost({ model, tokens, overrides });
  return conversions.cost === 0 ? cost : (cost ?? 0) + conversions.cost;
}

/** Dollars per million tokens as billionths of a dollar per token. */
function perToken(dollars: number): number {
  return Math.round(dollars * 1_000);
}

/** Billionths of a dollar as dollars. */
export function toDollars(billionths: number): number {
  return billionths / 1e9;
}
