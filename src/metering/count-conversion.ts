import type { CallRecord, Conversions } from "../call.ts";
import { countRequest } from "./count-requests.ts";

/** No conversions yet. */
export function noConversions(): Conversions {
  return { count: 0, cost: 0, by: undefined };
}

/**
 * Counts a conversion that begins: it is paid for, whatever comes of it.
 * @throws {WebFailure} when the call may make no more requests
 */
export function countConversion(record: CallRecord, by: string): void {
  countRequest(record);
  record.conversions.count += 1;
  record.conversions.by = by;
}
