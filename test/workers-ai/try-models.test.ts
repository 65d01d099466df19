import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { tryModels } from "../../src/workers-ai/try-models.ts";

const failure = new ApiError({ status: 500, type: "server_error", code: "upstream_error", message: "x" });

describe("the pause before a retry", () => {
  it("doubles up to four seconds, half of it drawn", async () => {
    for (let round = 0; round < 50; round++) {
      const pauses: number[] = [];
      const answer = tryModels({
        models: ["a"],
        retries: 6,
        signal: new AbortController().signal,
        attempt: () => Promise.reject(failure),
        pause: (milliseconds) => Promise.resolve(void pauses.push(milliseconds)),
      });
      await expect(answer).rejects.toBe(failure);
      expect(pauses).toHaveLength(6);
      for (const [index, longest] of [250, 500, 1000, 2000, 4000, 4000].entries()) {
        expect(pauses[index]).toBeGreaterThanOrEqual(longest / 2);
        expect(pauses[index]).toBeLessThanOrEqual(longest);
      }
    }
  });

  it("is the last thing that happens when it is cut short", async () => {
    let calls = 0;
    const left = new Error("left");
    const answer = tryModels({
      models: ["a", "b"],
      retries: 5,
      signal: new AbortController().signal,
      attempt: () => Promise.reject(((calls += 1), failure)),
      pause: () => Promise.reject(left),
    });
    await expect(answer).rejects.toBe(left);
    expect(calls).toBe(1);
  });
});
