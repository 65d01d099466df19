import { computed } from "@preact/signals";
import { health, type Price } from "../api/worker.ts";
import { settings } from "./settings.ts";

/** The model that answers: the chosen one while the Worker serves it, else the Worker's first. */
export const chosenModel = computed(() => {
  const models = health.value?.models ?? [];
  return models.includes(settings.value.model) ? settings.value.model : (models[0] ?? settings.value.model);
});

export interface ModelFacts {
  price: Price | undefined;
}

export function factsOfModel(model: string): ModelFacts {
  return { price: health.value?.prices.get(model) };
}
