import { describe, expect, it } from "vitest";
import { mapEffort } from "../../src/compat/request/map-effort.ts";
import { describeModel, findPrice } from "../../src/workers-ai/models.ts";

describe("describeModel", () => {
  it("knows which models can see", () => {
    const names = ["gemma-4-26b-a4b-it", "gemma-3-12b-it"].map((name) => `@cf/google/${name}`);
    expect(names.map((name) => describeModel(name).sees)).toEqual([true, true]);
    expect(describeModel("@cf/zai-org/glm-4.7-flash").sees).toBe(false);
    expect(describeModel("@cf/openai/gpt-oss-120b").sees).toBe(false);
  });

  it("has defaults for an unknown model", () => {
    expect(describeModel("@cf/some/model")).toEqual({
      name: "@cf/some/model",
      context: Infinity,
      longestAnswer: Infinity,
      defaultAnswer: 4_096,
      efforts: [],
      sees: false,
      price: undefined,
    });
  });
});

describe("findPrice", () => {
  it.each([
    ["@cf/moonshotai/kimi-k2.7-code", { input: 0.95, output: 4, cached: 0.19 }],
    ["@cf/qwen/qwen3-30b-a3b-fp8", { input: 0.051, output: 0.335, cached: undefined }],
  ])("knows the price of %s", (model, price) => {
    expect(findPrice(model, [])).toEqual({ model, ...price });
  });

  it("knows no price for a model without one", () => {
    expect(findPrice("@cf/meta/llama-3.1-8b-instruct-fast", [])).toBeUndefined();
  });
});

describe("mapEffort", () => {
  const glm = describeModel("@cf/zai-org/glm-5.3-flash").efforts;
  const deepseek = describeModel("@cf/deepseek-ai/deepseek-v4-flash-0731").efforts;

  it.each([
    ["none", glm, "low"],
    ["medium", glm, "high"],
    ["xhigh", glm, "max"],
    ["none", deepseek, "none"],
    ["minimal", deepseek, "low"],
    ["minimal", ["low", "medium", "high"], "low"],
    ["max", ["low", "medium", "high"], "high"],
    ["high", [], undefined],
  ] as const)("maps %s to one of %j: %s", (effort, known, mapped) => {
    expect(mapEffort(effort, known)).toBe(mapped);
  });
});
