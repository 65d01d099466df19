import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { findModel } from "../workers-ai/models.ts";
import { runModel } from "../workers-ai/run-model.ts";
import { convertNativeInputs } from "./convert-native-inputs.ts";
import { readCreateRequest } from "./read-create-request.ts";
import { replayAsStream } from "./replay.ts";

/**
 * `POST /v1/responses`: the client's document goes to the model as it is, and the answer comes back byte for byte.
 * The one exception: a stream was asked for and upstream, as documented for gpt-oss, answers with JSON. That JSON is
 * replayed as the events of a stream.
 */
export async function createResponse(context: Context<AppEnv>): Promise<Response> {
  const config = readConfig(context.env);
  const document = await readCreateRequest(context.req);
  const answer = await runModel({
    ai: context.env.AI,
    model: findModel(config.models, document.model ?? undefined),
    inputs: convertNativeInputs(document),
    signal: context.req.raw.signal,
    timeoutMs: config.upstreamTimeoutMs,
    gatewayId: config.gatewayId,
    sessionAffinity: typeof document["prompt_cache_key"] === "string" ? document["prompt_cache_key"] : undefined,
  });
  return document.stream === true && answer.kind === "json"
    ? renderAnswer({ ...answer, ...(await replay(answer)) })
    : renderAnswer(answer);
}

async function replay(answer: ModelAnswer): Promise<Pick<ModelAnswer, "kind" | "contentType" | "body">> {
  let response: unknown;
  try {
    response = await new Response(answer.body).json();
  } catch {
    throw invalidAnswer("it broke off, or it is not JSON");
  }
  return { kind: "event-stream", contentType: "text/event-stream; charset=utf-8", body: replayAsStream(response) };
}

function renderAnswer({ kind, contentType, body, upstreamId }: ModelAnswer): Response {
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "cache-control": "no-store",
      // Tells nginx and its kin not to hold a stream back.
      ...(kind === "event-stream" && { "x-accel-buffering": "no" }),
      ...(upstreamId !== undefined && { "cf-ai-req-id": upstreamId }),
    },
  });
}
