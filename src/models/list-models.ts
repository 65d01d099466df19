import type { Handler } from "hono";
import { readConfig } from "../config.ts";
import type { AppEnv } from "../http/app-env.ts";
import { resolveModel } from "../workers-ai/models.ts";

/** `GET /v1/models`: OpenAI's list shape. */
export const listModels: Handler<AppEnv> = (context) =>
  context.json({ object: "list", data: readConfig(context.env).models.map(describeModel) });

/** `GET /v1/models/:id`, where an id may contain slashes, encoded or not. */
export const retrieveModel: Handler<AppEnv> = (context) =>
  context.json(describeModel(resolveModel(readConfig(context.env).models, context.req.param("id"))));

/** Workers AI does not say when a model was made: the day gpt-oss came out stands in, so that `created` is constant. */
const created = Date.UTC(2025, 7, 5) / 1_000;

function describeModel(id: string) {
  return { id, object: "model", created, owned_by: /^@[^/]+\/([^/]+)\//.exec(id)?.[1] ?? "workers-ai" };
}
