import { describe, expect, it } from "vitest";
import { describeForCodex } from "../../src/models/describe-for-codex.ts";
import { describeModel } from "../../src/workers-ai/models.ts";

/** What Codex 0.169 refuses a catalogue without: each was left out of one that it read. */
const required = [
  "slug",
  "display_name",
  "supported_reasoning_levels",
  "shell_type",
  "visibility",
  "supported_in_api",
  "priority",
  "support_verbosity",
  "truncation_policy",
  "experimental_supported_tools",
  "base_instructions",
];

describe("describeForCodex", () => {
  it("describes gpt-oss as a model that reasons and patches files", () => {
    const model = describeModel("@cf/openai/gpt-oss-20b");
    const described = describeForCodex({ name: "@cf/openai/gpt-oss-20b", model, priority: 1 });
    expect(described).toMatchObject({
      slug: "@cf/openai/gpt-oss-20b",
      display_name: "gpt-oss-20b",
      default_reasoning_level: "medium",
      supported_reasoning_levels: [{ effort: "low" }, { effort: "medium" }, { effort: "high" }],
      supports_reasoning_summaries: true,
      default_reasoning_summary: "auto",
      apply_patch_tool_type: "freeform",
      supports_search_tool: true,
      use_responses_lite: false,
      context_window: 128_000,
      max_context_window: 128_000,
      auto_compact_token_limit: 95_232,
      input_modalities: ["text"],
    });
    for (const field of required) expect(described).toHaveProperty(field);
  });

  it("claims no reasoning and a small context for a model that it knows nothing of", () => {
    const described = describeForCodex({ name: "b", model: describeModel("@cf/a/b"), priority: 2 });
    expect(described).toMatchObject({
      slug: "b",
      default_reasoning_level: null,
      supported_reasoning_levels: [],
      supports_reasoning_summaries: false,
      default_reasoning_summary: "none",
      context_window: 32_768,
      auto_compact_token_limit: 28_672,
    });
  });
});
