import { describe, expect, it } from "vitest";
import { findSpent, listBudgets } from "../../src/metering/find-spent.ts";
import { findBucket, findPercentile } from "../../src/metering/latency-buckets.ts";

const limits = {
  requests_per_minute: null,
  daily_tokens: 100,
  monthly_tokens: 1_000,
  daily_usd: 0.5,
  monthly_usd: 2,
};
const now = new Date("2026-12-31T23:00:00Z");

function spentBy(used: { dayTokens?: number; monthTokens?: number; dayCost?: number; monthCost?: number }) {
  const all = { date: "2026-12-31", dayTokens: 0, dayCost: 0, monthTokens: 0, monthCost: 0, ...used };
  return findSpent(listBudgets(limits, all, now));
}

describe("budgets", () => {
  const day = { period: "day", resetsAt: new Date("2027-01-01T00:00:00Z") };
  const month = { period: "month", resetsAt: new Date("2027-01-01T00:00:00Z") };

  it.each([
    [{ dayTokens: 99, monthTokens: 999, dayCost: 499_999_999, monthCost: 1_999_999_999 }, undefined],
    [{ dayTokens: 100 }, { ...day, unit: "tokens", limit: 100, used: 100 }],
    [{ dayCost: 500_000_000 }, { ...day, unit: "usd", limit: 0.5, used: 0.5 }],
    [{ monthTokens: 1_001 }, { ...month, unit: "tokens", limit: 1_000, used: 1_001 }],
    [
      { dayTokens: 100, monthCost: 2_500_000_000 },
      { ...month, unit: "usd", limit: 2, used: 2.5 },
    ],
  ])("with %j used", (used, spent) => {
    expect(spentBy(used)).toEqual(spent);
  });

  it("that are not set do not hold", () => {
    const none = { ...limits, daily_tokens: null, monthly_tokens: null, daily_usd: null, monthly_usd: null };
    const used = { date: "2026-12-31", dayTokens: 1e9, dayCost: 1e9, monthTokens: 1e9, monthCost: 1e9 };
    expect(listBudgets(none, used, now)).toEqual([]);
  });
});

describe("a percentile of counted times", () => {
  it("is within 5 % of the exact one", () => {
    const counts = new Map<number, number>();
    for (let time = 1; time <= 10_000; time++) {
      const bucket = findBucket(time);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    const buckets = [...counts].map(([bucket, count]) => ({ bucket, count }));
    for (const share of [0.5, 0.95, 0.99]) {
      const found = findPercentile(buckets, share) ?? 0;
      expect(Math.abs(found - share * 10_000) / (share * 10_000)).toBeLessThanOrEqual(0.05);
    }
  });

  it("is null without times, and a second for a second", () => {
    expect(findPercentile([], 0.5)).toBeNull();
    expect(findPercentile([{ bucket: findBucket(0), count: 1 }], 0.5)).toBe(1);
    expect(findPercentile([{ bucket: findBucket(1e9), count: 1 }], 0.5)).toBeGreaterThan(1_500_000);
  });
});
