import * as z from "zod/mini";
import { invalidRequest } from "../errors.ts";
import { validate } from "../http/validate.ts";
import { parseExact } from "../protocol/exact-json.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { rule } from "../protocol/schema-rules.ts";
import { describeItem, parseItems, type StoredItem } from "./stored-item.ts";
import type { ItemPage, PageOf } from "./thread-rpc.ts";

const Query = z.object({
  limit: z.optional(
    z
      .string()
      .check(
        rule((text) =>
          /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 100
            ? undefined
            : { code: "invalid_value", message: "`limit` must be from 1 to 100." },
        ),
      ),
  ),
  order: z.optional(z.enum(["asc", "desc"])),
  after: z.optional(z.string()),
});

/** Reads `limit` (20 unless given), `order` (`desc` unless given) and `after` of a list. Throws 400 for a wrong one. */
export function readPageRequest(query: Record<string, string>): PageOf {
  const { limit = "20", order = "desc", after } = validate(Query, query);
  return { limit: Number(limit), order, after };
}

/**
 * Wraps a part of a list in OpenAI's envelope.
 * @throws {ApiError} 400 `invalid_value` when there is no item `after`
 */
export function renderPage({ isFound, ids, items, hasMore }: ItemPage): JsonRecord {
  if (!isFound) {
    throw invalidRequest({
      code: "invalid_value",
      param: "after",
      message: "`after` must be the id of an item of this list.",
    });
  }
  const listed = parseItems(items, parseExact).map((item, index) => ({ id: ids[index] ?? "", item }));
  return listAll(listed, hasMore);
}

/** The envelope around items that are listed whole. */
export function listAll(items: readonly StoredItem[], hasMore = false): JsonRecord {
  return {
    object: "list",
    data: items.map(describeItem),
    first_id: items[0]?.id ?? "",
    last_id: items.at(-1)?.id ?? "",
    has_more: hasMore,
  };
}
