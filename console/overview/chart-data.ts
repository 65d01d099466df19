import type { DayRow } from "./read-overview.ts";

export type Measure = "tokens" | "cost" | "requests";

export interface Series {
  name: string;
  total: number;
  /** One for each day. */
  values: readonly number[];
}

/** More than this many are told together as "Other": nobody tells more colours apart. */
const maxSeries = 5;

/** The last 30 days until today, by UTC, as the Worker counts them. */
export function lastDays(now: Date, count = 30): string[] {
  const today = Date.parse(now.toISOString().slice(0, 10));
  return Array.from({ length: count }, (_, index) =>
    new Date(today - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}

/** Adds the rows up by day and name; the largest first, the small ones together. */
export function stackDays(
  rows: readonly DayRow[],
  { days, measure, nameOf }: { days: readonly string[]; measure: Measure; nameOf: (row: DayRow) => string },
): Series[] {
  const byName = Map.groupBy(rows, nameOf);
  const all = [...byName]
    .map(([name, members]) => sum(name, members, days, measure))
    .toSorted((left, right) => right.total - left.total);
  if (all.length <= maxSeries) return all;
  const small = new Set(all.slice(maxSeries - 1).map(({ name }) => name));
  const rest = rows.filter((row) => small.has(nameOf(row)));
  return [...all.slice(0, maxSeries - 1), sum("Other", rest, days, measure)];
}

function sum(name: string, rows: readonly DayRow[], days: readonly string[], measure: Measure): Series {
  const values = days.map((date) => rows.reduce((total, row) => total + (row.date === date ? row[measure] : 0), 0));
  return { name, values, total: values.reduce((total, value) => total + value, 0) };
}

/** The top of a scale for this value: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value) ?? 10;
  return factor * power;
}
