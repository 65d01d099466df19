import type { Handler } from "hono";
import { version } from "../package.json";
import type { AppEnv } from "./app-env.ts";
import { type Bindings, readConfig } from "./config.ts";

/** The features that a binding turns on. A new one is one line. */
const featureBindings = {
  rate_limiter: "RATE_LIMITER",
  responses: "RESPONSES",
} as const satisfies Record<string, keyof Bindings>;

/** `GET /health`: what this Worker serves and which features it has. Needs no key, calls no model, tells no secret. */
export const reportHealth: Handler<AppEnv> = (context) => {
  const { mode, auth, models } = readConfig(context.env);
  const features = Object.entries(featureBindings).map(
    ([feature, binding]) => [feature, context.env[binding] !== undefined] as const,
  );
  return context.json({ status: "ok", mode, auth, models, features: Object.fromEntries(features), version });
};
