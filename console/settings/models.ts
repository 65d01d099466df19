import { computed, signal } from "@preact/signals";
import { type JsonObject, readNumber, readObjects, readText, readTexts } from "../api/json.ts";
import { sendJson } from "../api/send.ts";
import { health, type Price } from "../api/worker.ts";
import { settings } from "./settings.ts";

/** The model that answers: the chosen one while the Worker serves it, else the Worker's first. */
export const chosenModel = computed(() => {
  const models = health.value?.models ?? [];
  return models.includes(settings.value.model) ? settings.value.model : (models[0] ?? settings.value.model);
});

/** What a model can, as far as the Worker says; undefined where it does not. */
export interface ModelFacts {
  /** Tokens of prompt and answer together. */
  context: number | undefined;
  seesImages: boolean | undefined;
  reasons: boolean | undefined;
  price: Price | undefined;
}

/** The catalogue that the Worker has for the Codex CLI, by the model's name. */
const catalogue = signal<ReadonlyMap<string, JsonObject>>(new Map());

/** Asks the Worker what its models can. Without an answer the settings say less. */
export async function loadCatalogue(): Promise<void> {
  const list = await sendJson({ path: "/models?client_version=0.169.0" }).catch((): JsonObject => ({}));
  catalogue.value = new Map(readObjects(list["models"]).map((model) => [readText(model["slug"]), model]));
}

export function factsOfModel(model: string): ModelFacts {
  const known = catalogue.value.get(model);
  const price = health.value?.prices.get(model);
  if (known === undefined) return { context: undefined, seesImages: undefined, reasons: undefined, price };
  return {
    context: readNumber(known["context_window"]),
    seesImages: readTexts(known["input_modalities"]).includes("image"),
    reasons: readObjects(known["supported_reasoning_levels"]).length > 0,
    price,
  };
}
