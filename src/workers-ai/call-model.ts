import { ApiError } from "../errors.ts";
import { mapError } from "./map-error.ts";
import { type ModelAnswer, readAnswer } from "./read-answer.ts";
import type { UpstreamTrace } from "./upstream-trace.ts";

/**
 * The one call this Worker makes of the AI binding. The published types of `Ai.run` reject valid requests
 * (`metadata`, `store`, `tool_choice: "auto"`), so the shape is declared here.
 *
 * `returnRawResponse` is what keeps status, headers and body as upstream sent them. Without it the binding parses and
 * re-serialises JSON, and its `lastRequestId` is shared between requests.
 */
interface WorkersAi {
  run(
    model: string,
    inputs: object,
    options: {
      returnRawResponse: true;
      signal: AbortSignal;
      gateway?: { id: string };
      extraHeaders?: Record<string, string>;
      /** Fails with 3040 at once instead of queueing (developers.cloudflare.com/workers-ai/features/reject-if-busy). */
      rejectIfBusy?: true;
    },
  ): Promise<Response>;
}

export interface SingleCall {
  /** The `AI` binding, or whatever is bound under its name. */
  ai: unknown;
  /** Full Workers AI name, such as `@cf/openai/gpt-oss-20b`. */
  model: string;
  inputs: object;
  /** Aborts when the client has left, or when time is up. */
  signal: AbortSignal;
  gatewayId: string | undefined;
  /**
   * Requests with one value reach one prompt cache (developers.cloudflare.com/workers-ai/features/prompt-caching).
   * An empty one is none: it would bring all its users to one place.
   */
  sessionAffinity: string | undefined;
  rejectIfBusy: boolean;
  trace: UpstreamTrace;
}

/**
 * Calls the model once: the only caller of `env.AI.run`. The answer's first byte has arrived when this resolves.
 * Throws an `ApiError` for every failure; what `run` threw is read for a leading code, and its text goes no further.
 */
export async function callModel(call: SingleCall): Promise<ModelAnswer> {
  const { ai, model, inputs, signal, gatewayId, sessionAffinity, rejectIfBusy, trace } = call;
  if (!isWorkersAi(ai)) {
    throw new ApiError({
      status: 500,
      type: "server_error",
      code: "misconfigured",
      param: "AI",
      message: 'The binding AI is missing. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
    });
  }
  trace.calls += 1;
  trace.model = model;
  try {
    const answer = await ai.run(model, inputs, {
      returnRawResponse: true,
      signal,
      ...(gatewayId !== undefined && { gateway: { id: gatewayId } }),
      ...(sessionAffinity !== undefined &&
        sessionAffinity !== "" && {
          extraHeaders: { "x-session-affinity": toHeaderValue(sessionAffinity) },
        }),
      ...(rejectIfBusy && { rejectIfBusy }),
    });
    trace.upstreamId = answer.headers.get("cf-ai-req-id") ?? trace.upstreamId;
    return await readAnswer(answer);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw mapError({ status: 502, body: error instanceof Error ? error.message : "" });
  }
}

function isWorkersAi(ai: unknown): ai is WorkersAi {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && "run" in ai;
}

/** A cache key is any string; a header value is not. */
function toHeaderValue(text: string): string {
  return /^[\u0021-\u007e]{1,256}$/.test(text) ? text : encodeURIComponent(text.toWellFormed()).slice(0, 256);
}
