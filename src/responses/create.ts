import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import type { UpstreamTrace } from "../workers-ai/upstream-trace.ts";
import { answerRequest } from "./answer-request.ts";
import { readCreateRequest } from "./read-create-request.ts";

/** `POST /v1/responses`: reads and checks the request, has it answered, and hands the answer's body on untouched. */
export async function createResponse(context: Context<AppEnv>): Promise<Response> {
  const { trace } = context.get("record");
  const answer = await answerRequest({
    bindings: context.env,
    config: readConfig(context.env),
    document: await readCreateRequest(context.req),
    signal: context.req.raw.signal,
    keyName: context.get("keyName"),
    trace,
  });
  return renderAnswer(answer, trace);
}

function renderAnswer(
  { kind, contentType, body, upstreamId }: ModelAnswer,
  { fallbackModel }: UpstreamTrace,
): Response {
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "cache-control": "no-store",
      // Tells nginx and its kin not to hold a stream back.
      ...(kind === "event-stream" && { "x-accel-buffering": "no" }),
      ...(upstreamId !== undefined && { "cf-ai-req-id": upstreamId }),
      ...(fallbackModel !== undefined && { "x-fallback-model": fallbackModel }),
    },
  });
}
