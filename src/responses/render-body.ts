import type { ModelAnswer } from "../workers-ai/read-answer.ts";

/** Wraps the body of a Response or of its events as the HTTP answer. */
export function renderBody(
  kind: ModelAnswer["kind"],
  body: BodyInit,
  { contentType, upstreamId }: Partial<Pick<ModelAnswer, "contentType" | "upstreamId">> = {},
): Response {
  const isStream = kind === "event-stream";
  return new Response(body, {
    headers: {
      "content-type": contentType ?? (isStream ? "text/event-stream; charset=utf-8" : "application/json"),
      "cache-control": "no-store",
      // Tells nginx and its kin not to hold a stream back.
      ...(isStream && { "x-accel-buffering": "no" }),
      ...(upstreamId !== undefined && { "cf-ai-req-id": upstreamId }),
    },
  });
}
