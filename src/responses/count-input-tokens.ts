import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { convertRequest } from "../compat/request/convert-request.ts";
import { estimatePrompt } from "../compat/request/estimate-prompt.ts";
import { renderWarnings } from "../compat/warnings.ts";
import { readConfig } from "../config.ts";
import { renderBody } from "../http/render-body.ts";
import { findModel } from "../workers-ai/models.ts";
import { readTurn } from "./read-turn.ts";

/**
 * `POST /v1/responses/input_tokens`: how many tokens a create request's prompt would have. An estimate, and the
 * `warning` header says so: see `estimatePrompt`. The model is not called.
 */
export async function countInputTokens(context: Context<AppEnv>): Promise<Response> {
  const { models, reasoningKey } = readConfig(context.env);
  const { document } = await readTurn(context);
  const { inputs, warnings } = await convertRequest({
    document,
    model: findModel(models, document.model ?? undefined),
    keyName: context.get("keyName"),
    reasoningKey,
  });
  const warning = renderWarnings(["input_tokens is an estimate.", ...warnings]);
  const counted = { object: "response.input_tokens", input_tokens: estimatePrompt(inputs) };
  return renderBody("json", JSON.stringify(counted), { warning });
}
