import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GptOssResponses } from "../../src/native/schema.ts";
import published from "../fixtures/upstream/GPT_OSS_Responses.input.json" with { type: "json" };

const validate = new Ajv({ strict: false }).compile(published);

const anything = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  fc.constantFrom("", "x", 0, 1, true, false, [], {}, [[]], ["x"], "low", "auto"),
);
const effort = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("low", "medium", "high", null) },
  { weight: 1, arbitrary: fc.oneof(fc.constantFrom("LOW", "minimal", "none", "xhigh", "low "), anything) },
);
const summary = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("auto", "concise", "detailed", null) },
  { weight: 1, arbitrary: fc.oneof(fc.constantFrom("none", "Auto", " auto"), anything) },
);
const reasoning = fc.oneof(
  { weight: 4, arbitrary: fc.record({ effort, summary, other: anything }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: anything },
);
const input = fc.oneof(fc.string(), fc.array(anything, { maxLength: 3 }), anything);

/** Documents on both sides of every edge the published schema has. */
const documents = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { input, reasoning, instructions: anything, requests: anything, ["__proto__"]: anything },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
);

/** The one difference: `null` in an optional field of the schema means unset. */
function withoutOptionalNulls(document: unknown): unknown {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return document;
  return Object.fromEntries(
    Object.entries(document).flatMap(([field, value]): [string, unknown][] => {
      if (field !== "reasoning") return [[field, value]];
      if (value === null) return [];
      if (typeof value !== "object" || Array.isArray(value)) return [[field, value]];
      return [
        [
          field,
          Object.fromEntries(
            Object.entries(value).filter(([key, inner]) => inner !== null || (key !== "effort" && key !== "summary")),
          ),
        ],
      ];
    }),
  );
}

describe("GptOssResponses", () => {
  it("agrees with the published JSON Schema on 10,000 documents, but for nulls in optional fields", () => {
    const seen = { accepted: 0, refused: 0, nulls: 0 };
    fc.assert(
      fc.property(documents, (document) => {
        const accepted = GptOssResponses.safeParse(document).success;
        const cleaned = withoutOptionalNulls(document);
        expect(accepted).toBe(validate(cleaned));
        seen[accepted ? "accepted" : "refused"]++;
        if (accepted && !validate(document)) seen.nulls++;
      }),
      { numRuns: 10_000, seed: 20_261_123 },
    );
    // The generator reaches both verdicts and the difference, so that the agreement means something.
    expect(seen.accepted).toBeGreaterThan(2_000);
    expect(seen.refused).toBeGreaterThan(2_000);
    expect(seen.nulls).toBeGreaterThan(50);
  });

  it.each([
    ["reasoning", { input: "x", reasoning: null }],
    ["reasoning.effort", { input: "x", reasoning: { effort: null } }],
    ["reasoning.summary", { input: "x", reasoning: { summary: null } }],
  ])("accepts null for %s, which the published schema does not", (_field, document) => {
    expect(GptOssResponses.safeParse(document).success).toBe(true);
    expect(validate(document)).toBe(false);
  });
});
