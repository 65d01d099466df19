import type { ModelAnswer } from "../workers-ai/read-answer.ts";

/** What the headers tell of an answer. */
interface AnswerFacts extends Partial<Pick<ModelAnswer, "contentType" | "upstreamId" | "warning">> {
  /** The model that answered in place of the one that was asked for. */
  fallbackModel?: string | undefined;
}

/** Wraps the body of a Response or of its events as the HTTP answer. */
export function renderBody(
  kind: ModelAnswer["kind"],
  body: BodyInit,
  { contentType, upstreamId, warning, fallbackModel }: AnswerFacts = {},
): Response {
  const isStream = kind === "event-stream";
  return new Response(body, {
    headers: {
      "content-type": contentType ?? (isStream ? "text/event-stream; charset=utf-8" : "application/json"),
      "cache-control": "no-store",
      // Tells nginx and its kin not to hold a stream back.
      ...(isStream && { "x-accel-buffering": "no" }),
      ...(upstreamId !== undefined && { "cf-ai-req-id": upstreamId }),
      ...(warning !== undefined && { warning }),
      ...(fallbackModel !== undefined && { "x-fallback-model": fallbackModel }),
    },
  });
}
