import { signal } from "@preact/signals";
import { toCallError } from "./call-error.ts";
import { type JsonObject, readNumber, readObject, readText, readTexts } from "./json.ts";
import { sendJsonToPath } from "./send.ts";

/** US dollars per million tokens; cached input costs what other input costs unless it has a price. */
export interface Price {
  input: number;
  output: number;
  cached: number;
}

/** What `GET /health` says of the Worker. */
export interface Health {
  needsKey: boolean;
  models: readonly string[];
  features: ReadonlySet<string>;
  version: string;
  prices: ReadonlyMap<string, Price>;
}

/** Undefined until the Worker has answered. */
export const health = signal<Health | undefined>(undefined);
/** Why the Worker can't be used, in words. */
export const healthProblem = signal("");

/** Asks the Worker what it is; it says more to those who have a key. */
export async function loadHealth(): Promise<void> {
  try {
    health.value = readHealth(await sendJsonToPath({ path: "/health" }));
    healthProblem.value = "";
  } catch (error) {
    healthProblem.value = toCallError(error).message;
  }
}

function readHealth(body: JsonObject): Health {
  const features = Object.entries(readObject(body["features"]));
  const prices = Object.entries(readObject(body["prices"]));
  return {
    needsKey: body["auth"] !== "none",
    models: readTexts(body["models"]),
    features: new Set(features.filter(([, on]) => on === true).map(([name]) => name)),
    version: readText(body["version"]),
    prices: new Map(prices.map(([model, figures]) => [model, readPrice(readObject(figures))])),
  };
}

function readPrice({ input, output, cached }: JsonObject): Price {
  const whole = readNumber(input) ?? 0;
  return { input: whole, output: readNumber(output) ?? 0, cached: readNumber(cached) ?? whole };
}

/** True where the Worker keeps responses. */
export function remembers(): boolean {
  return health.value?.features.has("responses") === true;
}

/** A client may leave out all but a model's last part. */
export function shortenModel(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1);
}
