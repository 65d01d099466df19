import type { Context, Handler } from "hono";
import { type Config, readConfig } from "../config.ts";
import type { AppEnv } from "../http/app-env.ts";
import { narrowConfig } from "../http/narrow-config.ts";
import { resolveModel } from "../workers-ai/models.ts";

/** `GET /v1/models`: OpenAI's list shape, with the models that the caller's key may use. */
export const listModels: Handler<AppEnv> = (context) =>
  context.json({ object: "list", data: readModels(context).map(describeModel) });

/** `GET /v1/models/:id`, where an id may contain slashes, encoded or not. */
export const retrieveModel: Handler<AppEnv> = (context) =>
  context.json(describeModel(resolveModel(readModels(context), context.req.param("id"))));

function readModels(context: Context<AppEnv>): Config["models"] {
  return narrowConfig(readConfig(context.env), context.get("caller")).models;
}

/** Workers AI does not say when a model was made: the day gpt-oss came out stands in, so that `created` is constant. */
const created = Date.UTC(2025, 7, 5) / 1_000;

function describeModel(id: string) {
  return { id, object: "model", created, owned_by: /^@[^/]+\/([^/]+)\//.exec(id)?.[1] ?? "workers-ai" };
}
