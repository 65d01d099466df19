import { invalidRequest } from "../errors.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { describeItem, type KeptItem } from "./kept-item.ts";

/** Which part of a list is asked for. */
export interface PageRequest {
  /** 1 to 100. */
  limit: number;
  order: "asc" | "desc";
  /** The id after which the page starts. */
  after: string | undefined;
}

/** Reads `limit` (20 unless given), `order` (`desc` unless given) and `after` of a list. Throws 400 for a wrong one. */
export function readPageRequest(query: (name: string) => string | undefined): PageRequest {
  const limit = query("limit") ?? "20";
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > 100) {
    throw invalidRequest({ code: "invalid_value", param: "limit", message: "`limit` must be from 1 to 100." });
  }
  const order = query("order") ?? "desc";
  if (order !== "asc" && order !== "desc") {
    throw invalidRequest({ code: "invalid_value", param: "order", message: "`order` must be one of: asc, desc." });
  }
  return { limit: Number(limit), order, after: query("after") };
}

/**
 * Cuts one page out of a list of items, oldest first as they are kept, and wraps it in OpenAI's list envelope.
 * Throws 400 `invalid_value` when there is no item `after`.
 */
export function listPage(items: readonly KeptItem[], { limit, order, after }: PageRequest): JsonRecord {
  const ordered = order === "asc" ? items : items.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) {
    throw invalidRequest({
      code: "invalid_value",
      param: "after",
      message: "`after` must be the id of an item of this list.",
    });
  }
  const page = ordered.slice(start, start + limit);
  return {
    object: "list",
    data: page.map(describeItem),
    first_id: page[0]?.id ?? "",
    last_id: page.at(-1)?.id ?? "",
    has_more: start + limit < ordered.length,
  };
}
