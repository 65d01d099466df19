import type { Handler } from "hono";
import { version } from "../../package.json";
import type { Bindings } from "../bindings.ts";
import { type Config, readConfig } from "../config.ts";
import { findPrice, type Price } from "../workers-ai/models.ts";
import type { AppEnv } from "./app-env.ts";

/** The features that a binding turns on. A new one is one line. */
const featureBindings = {
  rate_limiter: "RATE_LIMITER",
  responses: "THREADS",
  conversations: "THREADS",
  background: "RUNS",
  usage: "USAGE",
  metrics: "METRICS",
} as const satisfies Record<string, keyof Bindings>;

/**
 * `GET /health`: what this Worker serves and which features it has. Needs no key, calls no model, tells no secret. Prices,
 * and with them the models it falls back on, are for those who may call it.
 */
export const reportHealth: Handler<AppEnv> = (context) => {
  const { env } = context;
  const config = readConfig(env);
  const { mode, auth, models, adminKey } = config;
  const features = Object.entries(featureBindings).map(
    ([feature, binding]) => [feature, env[binding] !== undefined] as const,
  );
  const managesKeys = adminKey !== undefined && env.KEYS !== undefined && env.KEY_DIRECTORY !== undefined;
  return context.json({
    status: "ok",
    mode,
    auth,
    models,
    features: { ...Object.fromEntries(features), managed_keys: managesKeys },
    ...(context.get("caller") !== undefined && { prices: listPrices(config) }),
    version,
  });
};

/** US dollars per million tokens of each model that may answer and has a known price. */
function listPrices({ models, fallbackModels, prices }: Config): Record<string, Omit<Price, "model">> {
  const known = [...models, ...fallbackModels]
    .map((model) => findPrice(model, prices))
    .filter((price) => price !== undefined);
  return Object.fromEntries(known.map(({ model, ...figures }) => [model, figures]));
}
