import type { CallRecord, Conversions } from "../call.ts";

/** No conversions yet. */
export function noConversions(): Conversions {
  return { count: 0, cost: 0, by: undefined };
}

/** Counts a conversion that begins: it is paid for, whatever comes of it. */
export function countConversion({ conversions }: Pick<CallRecord, "conversions">, by: string): void {
  conversions.count += 1;
  conversions.by = by;
}
