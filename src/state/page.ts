import * as z from "zod/mini";
import { invalidRequest } from "../errors.ts";
import { validate } from "../http/validate.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { rule } from "../protocol/schema-rules.ts";
import { describeItem, type StoredItem } from "./stored-item.ts";

/** Which part of a list is asked for. */
export interface PageRequest {
  /** 1 to 100. */
  limit: number;
  order: "asc" | "desc";
  /** The id after which the page starts. */
  after: string | undefined;
}

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
export function readPageRequest(query: Record<string, string>): PageRequest {
  const { limit = "20", order = "desc", after } = validate(Query, query);
  return { limit: Number(limit), order, after };
}

/**
 * Cuts one page out of a list of items, oldest first as they are kept, and wraps it in OpenAI's list envelope.
 * Throws 400 `invalid_value` when there is no item `after`.
 */
export function listPage(items: readonly StoredItem[], { limit, order, after }: PageRequest): JsonRecord {
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
