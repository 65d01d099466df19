import type { UsageRow } from "./usage-rpc.ts";

/** Everything one counter knows of one day, as it stands. Pushed again, it replaces what was pushed before. */
export interface DayTotals {
  /** UTC day, such as `2026-11-23`. */
  date: string;
  usage: UsageRow[];
  /** Failed requests by the code of their error. */
  errors: { code: string; count: number }[];
  /** Answered requests by how long their first byte took. */
  latencies: { bucket: number; count: number }[];
}

/** A day's row with whose it is: the name of a key in API_KEYS, or the id of a managed key. */
export interface OwnedUsageRow extends UsageRow {
  owner: string;
}

/** What one key has used today and this month. Costs are billionths of a US dollar. */
export interface Used {
  /** The UTC day it is true for. */
  date: string;
  dayTokens: number;
  dayCost: number;
  monthTokens: number;
  monthCost: number;
}

/** What the directory can be asked about usage. Counters push; routes of the admin read. */
export interface UsageTotalsRpc {
  push(owner: string, days: DayTotals[]): Promise<void>;
  /** Rows of the days from `from` to `to`, both included, by day, owner and model. */
  readUsage(from: string, to: string): Promise<OwnedUsageRow[]>;
  /** Today's and this month's use of each owner that has any. */
  readUsed(date: string): Promise<(Used & { owner: string })[]>;
  readErrors(from: string, to: string): Promise<{ code: string; count: number }[]>;
  readLatencies(from: string, to: string): Promise<{ bucket: number; count: number }[]>;
}
