import { ApiError } from "../errors.ts";

/** US dollars per million tokens of a model, three decimals at most. */
export interface Price {
  /** Full Workers AI name. */
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** Input that came from a prompt cache; undefined when it costs what other input costs. */
  readonly cached: number | undefined;
}

/** What is known of a model. */
export interface Model {
  /** Full Workers AI name. */
  readonly name: string;
  /** Tokens of prompt and answer together; infinite where it is not known: upstream then refuses what is too long. */
  readonly context: number;
  /** Most tokens of an answer. */
  readonly longestAnswer: number;
  /** Tokens that an answer may take when its request names no bound. */
  readonly defaultAnswer: number;
  /** Whether it takes `reasoning_effort` low, medium or high. */
  readonly hasEffort: boolean;
  /** Whether it takes images. */
  readonly sees: boolean;
  readonly price: Omit<Price, "model"> | undefined;
}

/**
 * What Cloudflare's model pages and price list say (developers.cloudflare.com/workers-ai/models,
 * developers.cloudflare.com/workers-ai/platform/pricing, as of 28 August 2026). gpt-oss has no price for cached input. Its
 * reasoning counts as answer and alone can take 20,000 tokens at high effort, so the default is generous.
 */
const knownModels: readonly Model[] = [
  {
    name: "@cf/openai/gpt-oss-20b",
    context: 128_000,
    longestAnswer: 128_000,
    defaultAnswer: 32_768,
    hasEffort: true,
    sees: false,
    price: { input: 0.2, output: 0.3, cached: undefined },
  },
  {
    name: "@cf/openai/gpt-oss-120b",
    context: 128_000,
    longestAnswer: 128_000,
    defaultAnswer: 32_768,
    hasEffort: true,
    sees: false,
    price: { input: 0.35, output: 0.75, cached: undefined },
  },
];

/** What is known of a model, by its full Workers AI name. A model that is not in the table gets stated defaults. */
export function describeModel(name: string): Model {
  return (
    knownModels.find((model) => model.name === name) ?? {
      name,
      context: Infinity,
      longestAnswer: Infinity,
      defaultAnswer: 4_096,
      hasEffort: false,
      sees: false,
      price: undefined,
    }
  );
}

/** The price of a model, by the setting `PRICES` first; undefined when it is not known. */
export function findPrice(model: string, overrides: readonly Price[]): Price | undefined {
  const override = overrides.find((price) => price.model === model);
  const { price } = describeModel(model);
  return override ?? (price === undefined ? undefined : { model, ...price });
}

/** The three ways a client may write `@cf/openai/gpt-oss-20b`: in full, without `@cf/`, and by its last part. */
function namesOf(model: string): readonly string[] {
  return [model, model.replace(/^@[^/]+\//, ""), model.slice(model.lastIndexOf("/") + 1)];
}

/**
 * Turns the name a client wrote into the full Workers AI name, one of `models`; no name means the first of them.
 * @throws {ApiError} 404 `model_not_found` for any other name
 */
export function resolveModel(models: readonly [string, ...string[]], name: string | null | undefined): string {
  if (name === undefined || name === null) return models[0];
  const found = models.includes(name) ? name : models.find((model) => namesOf(model).includes(name));
  if (found !== undefined) return found;
  throw new ApiError({
    status: 404,
    type: "not_found_error",
    code: "model_not_found",
    param: "model",
    message: `This Worker does not serve that model. It serves: ${models.join(", ")}.`,
  });
}
