import type { CallRecord } from "../call.ts";

/** What was converted for one call: files, images and recordings that a model of texts can't be given as they are. */
export interface Conversions {
  count: number;
  /** Billionths of a US dollar, of those with a known price. */
  cost: number;
  /** What converted last: a model's full name, or `toMarkdown`. */
  by: string | undefined;
}

/** No conversions yet. */
export function noConversions(): Conversions {
  return { count: 0, cost: 0, by: undefined };
}

/** Counts a conversion that begins: it is paid for, whatever comes of it. */
export function countConversion({ conversions }: Pick<CallRecord, "conversions">, by: string): void {
  conversions.count += 1;
  conversions.by = by;
}
