import { ApiError } from "../errors.ts";
import type { Effort } from "../protocol/request.ts";

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
  /** The values of `reasoning_effort` that it takes, least first; none where it takes no such field. */
  readonly efforts: readonly Effort[];
  /** Whether it takes images. */
  readonly sees: boolean;
  readonly price: Omit<Price, "model"> | undefined;
}

/** What most models have in common, and all that is assumed of others; a model's own row says where it differs. */
const usual = { longestAnswer: Infinity, defaultAnswer: 4_096, efforts: [], sees: false } as const;

const threeEfforts = ["low", "medium", "high"] as const;

/** gpt-oss's reasoning counts as answer and alone can take 20,000 tokens at high effort, so the default is generous. */
const gptOss = {
  context: 128_000,
  longestAnswer: 128_000,
  defaultAnswer: 32_768,
  efforts: threeEfforts,
  sees: false,
} as const;

/**
 * What Cloudflare says of its text models. Context, efforts and sight by their pages and schemas
 * (github.com/cloudflare/cloudflare-docs, src/content/workers-ai-models, as stored in November 2026), prices by the price
 * list (developers.cloudflare.com/workers-ai/platform/pricing, 28 August 2026). No page states a longest answer.
 *
 * - `sees` needs the page's own word: a schema that lists `image_url` is shared with models that can't.
 * - gpt-oss has no price for cached input.
 * - `cached` of qwen3.8-27b is in its model file only.
 * - glm-5.3-flash's context is the smaller of two versions of its page.
 */
const knownModels: readonly Model[] = [
  { ...gptOss, name: "@cf/openai/gpt-oss-20b", price: { input: 0.2, output: 0.3, cached: undefined } },
  { ...gptOss, name: "@cf/openai/gpt-oss-120b", price: { input: 0.35, output: 0.75, cached: undefined } },
  {
    ...usual,
    name: "@cf/google/gemma-4-26b-a4b-it",
    context: 256_000,
    efforts: threeEfforts,
    sees: true,
    price: { input: 0.1, output: 0.3, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/google/gemma-3-12b-it",
    context: 80_000,
    sees: true,
    price: { input: 0.345, output: 0.556, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/zai-org/glm-4.7-flash",
    context: 131_072,
    efforts: threeEfforts,
    price: { input: 0.06, output: 0.4, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/zai-org/glm-5.3-flash",
    context: 1_048_576,
    efforts: ["low", "high", "max"],
    sees: true,
    price: { input: 0.15, output: 0.5, cached: 0.03 },
  },
  {
    ...usual,
    name: "@cf/qwen/qwen3-30b-a3b-fp8",
    context: 32_768,
    price: { input: 0.051, output: 0.335, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/qwen/qwen3.8-27b",
    context: 262_144,
    efforts: threeEfforts,
    sees: true,
    price: { input: 0.45, output: 3.2, cached: 0.05 },
  },
  {
    ...usual,
    name: "@cf/meta/llama-4-scout-17b-16e-instruct",
    context: 131_000,
    sees: true,
    price: { input: 0.27, output: 0.85, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/mistralai/mistral-small-3.1-24b-instruct",
    context: 128_000,
    sees: true,
    price: { input: 0.351, output: 0.555, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/meta/llama-3.3-70b-instruct-fp8-fast",
    context: 24_000,
    price: { input: 0.293, output: 2.253, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/meta/llama-3.1-8b-instruct",
    context: Infinity,
    price: { input: 0.282, output: 0.827, cached: undefined },
  },
  { ...usual, name: "@cf/meta/llama-3.1-8b-instruct-fast", context: Infinity, price: undefined },
  {
    ...usual,
    name: "@cf/meta/llama-3.1-8b-instruct-fp8",
    context: 32_000,
    price: { input: 0.152, output: 0.287, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/meta/llama-3.2-3b-instruct",
    context: Infinity,
    price: { input: 0.051, output: 0.335, cached: undefined },
  },
  {
    ...usual,
    name: "@cf/moonshotai/kimi-k2.7-code",
    context: 262_144,
    sees: true,
    price: { input: 0.95, output: 4, cached: 0.19 },
  },
  {
    ...usual,
    name: "@cf/deepseek-ai/deepseek-v4-flash-0731",
    context: 1_048_576,
    efforts: ["none", "low", "high", "max"],
    price: { input: 0.44, output: 1.32, cached: 0.014 },
  },
  {
    ...usual,
    name: "@cf/ibm-granite/granite-4.0-h-micro",
    context: 131_000,
    price: { input: 0.017, output: 0.112, cached: undefined },
  },
];

/** What is known of a model, by its full Workers AI name. A model that is not in the table gets stated defaults. */
export function describeModel(name: string): Model {
  return knownModels.find((model) => model.name === name) ?? { ...usual, name, context: Infinity, price: undefined };
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
