import type { Caller } from "../call.ts";
import type { Config } from "../config.ts";
import { ApiError } from "../errors.ts";

/** Made once for each lease of a key: what is remembered for a configuration stays remembered. */
const narrowed = new WeakMap<readonly string[], { config: Config; narrow: Config }>();

/**
 * The configuration as one caller has it: with only the models his key may use, also to fall back on. To everything that
 * reads it, another model is one that the Worker does not serve.
 * Throws 404 `model_not_found` when the Worker serves none of them any more.
 */
export function narrowConfig(config: Config, { models }: Pick<Caller, "models">): Config {
  if (models === null) return config;
  const known = narrowed.get(models);
  if (known?.config === config) return known.narrow;
  const [model, ...others] = config.models.filter((name) => models.includes(name));
  if (model === undefined) throw noModelLeft();
  const fallbackModels = config.fallbackModels.filter((name) => models.includes(name));
  const narrow = { ...config, models: [model, ...others], fallbackModels } as const;
  narrowed.set(models, { config, narrow });
  return narrow;
}

function noModelLeft(): ApiError {
  return new ApiError({
    status: 404,
    type: "not_found_error",
    code: "model_not_found",
    param: "model",
    message: "This Worker serves none of the models that this key may use. Ask its operator.",
  });
}
