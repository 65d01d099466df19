import { describe, expect, it } from "vitest";
import { countReasoning } from "../../../src/compat/answer/count-reasoning.ts";

describe("countReasoning", () => {
  it.each([
    ["fills in the estimate where upstream counts none", { completion_tokens: 37 }, { reasoning_tokens: 12 }],
    [
      "takes a count of 0 beside reasoning for none, and keeps other details",
      { completion_tokens: 37, completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 1 } },
      { reasoning_tokens: 12, audio_tokens: 1 },
    ],
    [
      "lets upstream's count stand",
      { completion_tokens: 37, completion_tokens_details: { reasoning_tokens: 5 } },
      { reasoning_tokens: 5 },
    ],
    ["never counts more than the whole answer", { completion_tokens: 7 }, { reasoning_tokens: 7 }],
  ])("%s", (_title, usage, details) => {
    expect(countReasoning(usage, 12)).toEqual({ ...usage, completion_tokens_details: details });
  });

  it("leaves the counts of an answer without reasoning as they are", () => {
    expect(countReasoning({ completion_tokens: 7 }, 0)).toEqual({ completion_tokens: 7 });
  });
});
