import { describe, expect, it } from "vitest";
import { computeCost } from "../../src/metering/prices.ts";
import type { RequestSummary } from "../../src/metering/request-summary.ts";
import { writeMetrics } from "../../src/metering/write-metrics.ts";

const summary: RequestSummary = {
  request_id: "r-1",
  key: "alice",
  key_id: "key_1",
  method: "POST",
  transport: "http",
  route: "/v1/responses",
  mode: "native",
  model: "@cf/openai/gpt-oss-20b",
  status: 200,
  error_code: null,
  ending: "whole",
  not_stored: "late",
  upstream_id: "up-1",
  upstream_calls: 1,
  ttfb_ms: 2,
  upstream_ms: 4,
  duration_ms: 3,
  input_tokens: 6,
  cached_tokens: 7,
  reasoning_tokens: 8,
  output_tokens: 9,
  tokens_estimated: true,
  conversions: 12,
  searches: 11,
  pages: 12,
  mcp_calls: 13,
  images: 14,
  cost_usd: 10,
};

function pointOf(request: RequestSummary): AnalyticsEngineDataPoint | undefined {
  const points: (AnalyticsEngineDataPoint | undefined)[] = [];
  writeMetrics({ writeDataPoint: (point) => void points.push(point) }, request);
  expect(points).toHaveLength(1);
  return points[0];
}

describe("a data point", () => {
  it("has the columns of the table in docs/operate.md", () => {
    expect(pointOf(summary)).toEqual({
      indexes: ["alice"],
      blobs: [
        "alice",
        "POST",
        "/v1/responses",
        "native",
        "@cf/openai/gpt-oss-20b",
        "",
        "whole",
        "r-1",
        "up-1",
        "late",
        "key_1",
        "http",
      ],
      doubles: [200, 2, 3, 4, 1, 6, 7, 8, 9, 10, 1, 12, 11, 12, 13, 14],
    });
  });

  it("has the same columns for a request that was refused", () => {
    const unknown = {
      key: null,
      key_id: null,
      model: null,
      ending: null,
      upstream_id: null,
      not_stored: null,
      duration_ms: 1,
      conversions: 0,
      cost_usd: null,
    };
    const untold = {
      input_tokens: null,
      cached_tokens: null,
      reasoning_tokens: null,
      output_tokens: null,
      tokens_estimated: null,
      searches: 0,
      pages: 0,
      mcp_calls: 0,
      images: 0,
    };
    const refused = {
      ...summary,
      ...unknown,
      ...untold,
      status: 401,
      error_code: "missing_api_key",
      upstream_calls: 0,
    };
    expect(pointOf(refused)).toEqual({
      indexes: [""],
      blobs: ["", "POST", "/v1/responses", "native", "", "missing_api_key", "", "r-1", "", "", "", "http"],
      doubles: [401, 2, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
  });

  it("stays under the limits whatever a caller sends", () => {
    const long = "x".repeat(100_000);
    const point = pointOf({
      ...summary,
      key: "k".repeat(64),
      method: long,
      request_id: long,
      upstream_id: long,
      not_stored: long,
    });
    expect(point?.indexes).toEqual(["k".repeat(64)]);
    expect(JSON.stringify(point?.blobs).length).toBeLessThan(16_000);
  });
});

describe("the cost of a call", () => {
  const tokens = { input: 1_000_000, cached: 400_000, output: 2_000_000, reasoning: 1_500_000, estimated: false };

  it.each([
    ["@cf/openai/gpt-oss-20b", 800_000_000],
    ["@cf/openai/gpt-oss-120b", 1_850_000_000],
    ["@cf/other/model", undefined],
  ])("of %s is %s billionths of a dollar", (model, cost) => {
    expect(computeCost({ model, tokens, overrides: [] })).toBe(cost);
  });

  it("is that of the setting first, with its own price for cached input", () => {
    const overrides = [
      { model: "@cf/openai/gpt-oss-20b", input: 1.1, output: 0.007, cached: undefined },
      { model: "@cf/other/model", input: 0.95, output: 4, cached: 0.16 },
    ];
    expect(computeCost({ model: "@cf/openai/gpt-oss-20b", tokens, overrides })).toBe(1_114_000_000);
    expect(computeCost({ model: "@cf/other/model", tokens, overrides })).toBe(570_000_000 + 64_000_000 + 8_000_000_000);
  });

  it("is never negative when upstream counts more cached tokens than tokens", () => {
    const odd = { input: 10, cached: 20, output: 0, reasoning: 0, estimated: false };
    expect(computeCost({ model: "@cf/openai/gpt-oss-20b", tokens: odd, overrides: [] })).toBe(2_000);
  });
});
