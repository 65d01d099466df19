import type { Effort } from "../protocol/request.ts";
import { type Model, shortName } from "../workers-ai/models.ts";

/** What Codex says of each level that it offers. */
const descriptions: Readonly<Record<Effort, string>> = {
  none: "No reasoning",
  minimal: "Almost no reasoning",
  low: "Fast answers with little reasoning",
  medium: "Balances speed and depth of reasoning",
  high: "More reasoning for hard problems",
  xhigh: "Much reasoning for hard problems",
  max: "As much reasoning as the model has",
};

/** What an unknown model is taken to have, in tokens: Codex counts with a number. */
const leastContext = 32_768;

/**
 * Describes a model to the Codex CLI by one of its names, as `ModelInfo` of the catalogue that `model_catalog_json` names
 * (openai/codex 0.169). Without it Codex warns of missing metadata, offers no `apply_patch` and knows no reasoning effort.
 */
export function describeForCodex({ name, model, priority }: { name: string; model: Model; priority: number }) {
  const { context, defaultAnswer, efforts, sees } = model;
  const isThinker = efforts.length > 0;
  const window = context === Infinity ? leastContext : context;
  return {
    slug: name,
    display_name: shortName(name),
    description: "On Cloudflare Workers AI",
    default_reasoning_level: efforts.includes("medium") ? "medium" : (efforts[Math.floor(efforts.length / 2)] ?? null),
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: descriptions[effort] })),
    // Both are needed: Codex else neither asks for reasoning nor shows it.
    supports_reasoning_summaries: isThinker,
    default_reasoning_summary: isThinker ? "auto" : "none",
    shell_type: "unified_exec",
    visibility: "list",
    supported_in_api: true,
    priority,
    support_verbosity: false,
    default_verbosity: null,
    // The only form that Codex takes: a custom tool with a grammar.
    apply_patch_tool_type: "freeform",
    supports_search_tool: true,
    // The short forms of requests that it stands for are read by OpenAI only.
    use_responses_lite: false,
    supports_parallel_tool_calls: true,
    experimental_supported_tools: [],
    truncation_policy: { mode: "tokens", limit: 10_000 },
    context_window: window,
    max_context_window: window,
    // Codex sends no `max_output_tokens`: the longest answer it can get has to fit behind what it keeps.
    auto_compact_token_limit: window - Math.min(defaultAnswer, window / 2),
    input_modalities: sees ? ["text", "image"] : ["text"],
    upgrade: null,
    base_instructions: instructions,
  };
}

/** What Codex tells the model about its work: Codex has no text of its own for a model from a catalogue. */
const instructions = `You are Codex, a coding agent. You work in the user's terminal, in the user's own directory, with the tools you are given.

# How you work
- Keep going until the task is done or you need an answer that only the user has. Do not stop at a plan.
- Look before you change: read the files concerned with the shell (\`rg\`, \`sed -n\`, \`ls\`), and follow the style you find.
- Read every AGENTS.md whose directory contains a file you change, and obey it; the nearest one wins.
- Change only what the task needs. Fix the cause, not the symptom. Do not revert changes you did not make.
- Check your work: run the tests, the build or the program where there is one, and fix what you broke.
- Never run a destructive command (\`git reset --hard\`, \`rm -rf\`) and never commit unless you are asked to.
- Call tools only by the names you were given, with arguments that are valid JSON. Never write a call as text.

# Editing files
Use the tool \`apply_patch\` where it is offered. Its whole input is one patch in exactly this format:

*** Begin Patch
*** Update File: path/to/file.py
@@ def greet():
 unchanged line before
-line to remove
+line to add
 unchanged line after
*** Add File: path/to/new.txt
+each line of a new file begins with a plus sign
*** Delete File: path/to/old.txt
*** End Patch

- Paths are relative to the working directory.
- Every line of an update begins with a space (unchanged), \`-\` (removed) or \`+\` (added). Give three unchanged lines before and after a change.
- Unchanged and removed lines must be copied exactly from the file as it is now, with their white space.
- \`@@ text\` names the class or function that the change is in; \`*** Move to: path\` after \`*** Update File:\` renames.
- When a patch is rejected, read the file again and send a corrected patch.

# Your answer
End with a short message in plain words: what you changed, in which files, and how you checked it. Name files by their path. Do not print whole files.
`;
