import { type Effort, efforts } from "../../protocol/request.ts";

/**
 * Turns any effort OpenAI knows into the nearest of those that a model has; of two equally near, the higher. Undefined for a
 * model that has none.
 */
export function mapEffort(effort: Effort, known: readonly Effort[]): Effort | undefined {
  const wanted = efforts.indexOf(effort);
  const distance = (one: Effort): number => Math.abs(efforts.indexOf(one) - wanted);
  return known.reduce<Effort | undefined>(
    (nearest, one) => (nearest === undefined || distance(one) <= distance(nearest) ? one : nearest),
    undefined,
  );
}
