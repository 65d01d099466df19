import type { Effort } from "../../protocol/request.ts";

/** Turns any effort OpenAI knows into the nearest that gpt-oss has: it always reasons, and `high` is its most. */
export function mapEffort(effort: Effort): "low" | "medium" | "high" {
  switch (effort) {
    case "none":
    case "minimal":
    case "low":
      return "low";
    case "medium":
      return "medium";
    case "high":
    case "xhigh":
    case "max":
      return "high";
    default:
      return effort satisfies never;
  }
}
