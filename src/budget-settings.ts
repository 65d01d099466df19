import { misconfigured } from "./errors.ts";

/** Reads `DAILY_TOKEN_BUDGET`: tokens a day by the name of a key, `""` for every key that is not named. */
export function readBudgets(entries: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    entries.map((entry) => {
      const equals = entry.indexOf("=");
      return [entry.slice(0, Math.max(equals, 0)), Number(entry.slice(equals + 1))];
    }),
  );
}

/** A budget that would not hold is worse than none: a misspelt name, or nothing bound that counts. */
export function checkBudgets(
  budgets: ReadonlyMap<string, number>,
  { env, names }: { env: object; names: readonly string[] },
): void {
  if (budgets.size === 0) return;
  if ([...budgets.keys()].some((name) => name !== "" && !names.includes(name))) {
    throw misconfigured(
      "DAILY_TOKEN_BUDGET",
      "The setting DAILY_TOKEN_BUDGET names a key that API_KEYS does not have.",
    );
  }
  if (!("USAGE" in env) || env.USAGE === undefined) {
    throw misconfigured(
      "USAGE",
      "DAILY_TOKEN_BUDGET needs the Durable Object class UsageCounter bound as USAGE in wrangler.toml.",
    );
  }
}
