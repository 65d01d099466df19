import type { Context } from "hono";
import { prepareRequest } from "../answer.ts";
import { convertRequest } from "../compat/request/convert-request.ts";
import { estimatePrompt } from "../compat/request/estimate-prompt.ts";
import { supportHostedTools } from "../compat/rounds/start-session.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson } from "../http/render-answer.ts";
import { startCall } from "../http/start-call.ts";
import { renderWarnings } from "../http/warnings.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { readCompatRequest } from "./read-compat-request.ts";

/**
 * `POST …/responses/input_tokens`: how many tokens a create request's prompt would have. An estimate, and the
 * `warning` header says so: see `estimatePrompt`. The model is not called,
 * but files are converted, since it would be given what they become.
 */
export async function countInputTokens(context: Context<AppEnv>): Promise<Response> {
  const { call } = startCall(context);
  const { keyName, config } = call;
  const request = await readCompatRequest(context);
  const { whole } = await prepareRequest(call, request);
  const { document, warnings: earlier } = whole;
  const { inputsFor, warnings } = await convertRequest(document, {
    keyName,
    config,
    hosted: supportHostedTools(call, document),
    warnings: earlier,
  });
  const counted = {
    object: "response.input_tokens",
    input_tokens: estimatePrompt(inputsFor(resolveModel(config.models, document.model))),
  };
  const warning = renderWarnings(new Set(["input_tokens is an estimate.", ...warnings]));
  return renderJson(JSON.stringify(counted), warning === undefined ? {} : { warning });
}
