import type { Context, Handler } from "hono";
import { type Config, readConfig } from "../config.ts";
import type { AppEnv } from "../http/app-env.ts";
import { narrowConfig } from "../http/narrow-config.ts";
import { describeModel, resolveModel, shortName } from "../workers-ai/models.ts";
import { describeForCodex } from "./describe-for-codex.ts";

/**
 * `GET …/models`: OpenAI's list shape, with the models that the caller's key may use, each by its full name and then by its
 * short one. `?client_version=` is how the Codex CLI asks: it also gets the catalogue that its setting
 * `model_catalog_json` takes.
 */
export const listModels: Handler<AppEnv> = (context) => {
  const models = readModels(context);
  const names = [...new Set([...models, ...models.map(shortName)])];
  const wantsCatalogue = context.req.query("client_version") !== undefined;
  const catalogue = names.map((name, index) =>
    describeForCodex({ name, model: describeModel(resolveModel(models, name)), priority: index + 1 }),
  );
  return context.json({
    object: "list",
    data: names.map((name) => renderModel(name, resolveModel(models, name))),
    ...(wantsCatalogue && { models: catalogue }),
  });
};

/** `GET …/models/:id`, where an id may contain slashes, encoded or not. */
export const retrieveModel: Handler<AppEnv> = (context) => {
  const name = resolveModel(readModels(context), context.req.param("id"));
  return context.json(renderModel(name, name));
};

function readModels(context: Context<AppEnv>): Config["models"] {
  return narrowConfig(readConfig(context.env), context.get("caller")).models;
}

/** Workers AI does not say when a model was made: the day gpt-oss came out stands in, so that `created` is constant. */
const created = Date.UTC(2025, 7, 5) / 1_000;

function renderModel(id: string, fullName: string) {
  return { id, object: "model", created, owned_by: /^@[^/]+\/([^/]+)\//.exec(fullName)?.[1] ?? "workers-ai" };
}
