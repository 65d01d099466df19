import type { Context } from "hono";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { toDate } from "../metering/spend-allowance.ts";

const daySeconds = 86_400;

/** What is asked of usage or costs, by OpenAI's parameters. */
export interface UsageQuery {
  /** Start of each bucket's UTC day, in Unix seconds, oldest first. */
  days: readonly number[];
  /** What the next page starts with; undefined when this is the last. */
  nextPage: string | undefined;
  groupBy: ReadonlySet<string>;
  /** Only these keys and models; all when none is named. */
  keyIds: ReadonlySet<string>;
  models: ReadonlySet<string>;
}

/**
 * Reads `start_time`, `end_time`, `bucket_width`, `group_by`, `limit`, `page`, `api_key_ids` and `models`. Lists come
 * as openai-node sends them (`group_by[]=a`), repeated, or comma separated. Throws 400 for what can't be answered.
 */
export function readUsageQuery(
  context: Context<AppEnv>,
  { groups, defaultLimit, mostBuckets }: { groups: readonly string[]; defaultLimit: number; mostBuckets: number },
): UsageQuery {
  const query = (name: string): string | undefined => context.req.query(name);
  const start = readTime("start_time", query("start_time"));
  const end = query("end_time") === undefined ? Math.ceil(Date.now() / 1_000) : readTime("end_time", query("end_time"));
  if (start >= end) throw wrong("start_time", "`start_time` must be before `end_time`.");
  if (![undefined, "1d"].includes(query("bucket_width"))) {
    throw wrong("bucket_width", "This Worker counts by day: `bucket_width` must be 1d.");
  }
  const groupBy = readList(context, "group_by");
  const unknown = groupBy.find((group) => !groups.includes(group));
  if (unknown !== undefined) throw wrong("group_by", `\`group_by\` must be one or more of: ${groups.join(", ")}.`);
  const limit = readLimit(query("limit") ?? String(defaultLimit), mostBuckets);
  const page = query("page");
  const from = page === undefined ? start : readPage(page);
  const first = Math.floor(from / daySeconds) * daySeconds;
  const count = Math.ceil((end - first) / daySeconds);
  const days = Array.from({ length: Math.min(count, limit) }, (_, index) => first + index * daySeconds);
  return {
    days,
    nextPage: count > limit ? `page_${toDate((first + limit * daySeconds) * 1_000)}` : undefined,
    groupBy: new Set(groupBy),
    keyIds: new Set(readList(context, "api_key_ids")),
    models: new Set(readList(context, "models")),
  };
}

function readList(context: Context<AppEnv>, name: string): string[] {
  const values = [...(context.req.queries(name) ?? []), ...(context.req.queries(`${name}[]`) ?? [])];
  return values.flatMap((value) => value.split(",")).filter((value) => value !== "");
}

/** Ten digits reach the year 2286. */
function readTime(param: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text);
  if (text === undefined) {
    throw invalidRequest({
      code: "missing_required_parameter",
      param,
      message: `The parameter \`${param}\` is required.`,
    });
  }
  throw wrong(param, `\`${param}\` must be a time in Unix seconds.`);
}

function readLimit(text: string, most: number): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw wrong("limit", `\`limit\` must be from 1 to ${most}.`);
}

function readPage(page: string): number {
  const time = /^page_\d{4}-\d{2}-\d{2}$/.test(page) ? Date.parse(page.slice("page_".length)) : Number.NaN;
  if (Number.isNaN(time)) throw wrong("page", "`page` must be the `next_page` of the page before.");
  return time / 1_000;
}

function wrong(param: string, message: string) {
  return invalidRequest({ code: "invalid_value", param, message });
}
