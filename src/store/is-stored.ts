import type { Bindings } from "../config.ts";
import type { CreateRequest } from "../protocol/schema.ts";

/** Whether the answer to this request will be kept: `store` is on unless it says false, where there is a place to keep it. */
export function isStored(document: CreateRequest, bindings: Bindings): boolean {
  return bindings.RESPONSES !== undefined && document["store"] !== false;
}
