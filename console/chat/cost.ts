import { health } from "../api/worker.ts";
import type { Turn } from "./turn.ts";

/** What a turn's tokens cost in US dollars; undefined where the model has no known price. */
export function costOf(turn: Turn): number | undefined {
  const { usage } = turn;
  const price = health.value?.prices.get(turn.model);
  if (usage === undefined || price === undefined) return undefined;
  const input = (usage.input - usage.cached) * price.input + usage.cached * price.cached;
  return (input + usage.output * price.output) / 1_000_000;
}

/** Output tokens a second, from the first piece of the answer to its end. */
export function speedOf({ usage, timing }: Turn): number | undefined {
  const first = Math.min(timing.firstReasoning ?? Infinity, timing.firstText ?? Infinity);
  if (usage === undefined || timing.end === undefined || first === Infinity) return undefined;
  const seconds = (timing.end - first) / 1000;
  return seconds < 0.05 ? undefined : usage.output / seconds;
}
