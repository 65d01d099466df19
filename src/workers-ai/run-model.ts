import { ApiError } from "../errors.ts";
import { mapError } from "./map-error.ts";
import { type ModelAnswer, readAnswer } from "./read-answer.ts";

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
    },
  ): Promise<Response>;
}

export interface ModelCall {
  /** The `AI` binding, or whatever is bound under its name. */
  ai: unknown;
  /** Full Workers AI name, such as `@cf/openai/gpt-oss-20b`. */
  model: string;
  inputs: object;
  /** Aborts when the client has left. */
  signal: AbortSignal;
  /** Milliseconds to the first byte of the answer's body. */
  timeoutMs: number;
  gatewayId?: string | undefined;
  /** Requests with one value reach one prompt cache (developers.cloudflare.com/workers-ai/features/prompt-caching). */
  sessionAffinity?: string | undefined;
}

/**
 * Runs the model: the only caller of `env.AI.run`.
 * Throws an `ApiError` for every failure: upstream's own errors, a thrown exception, an empty or foreign answer (502),
 * no byte in time (504), a client that left (499, which nobody reads).
 */
export async function runModel(call: ModelCall): Promise<ModelAnswer> {
  const { ai, model, inputs, gatewayId, sessionAffinity } = call;
  if (!isWorkersAi(ai)) {
    throw new ApiError({
      status: 500,
      type: "server_error",
      code: "misconfigured",
      param: "AI",
      message: 'The binding AI is missing. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
    });
  }
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), call.timeoutMs);
  try {
    const answer = await ai.run(model, inputs, {
      returnRawResponse: true,
      signal: AbortSignal.any([call.signal, deadline.signal]),
      ...(gatewayId !== undefined && { gateway: { id: gatewayId } }),
      ...(sessionAffinity !== undefined && {
        extraHeaders: { "x-session-affinity": toHeaderValue(sessionAffinity) },
      }),
    });
    return await readAnswer(answer);
  } catch (error) {
    throw toApiError(error, { clientLeft: call.signal.aborted, timedOut: deadline.signal.aborted });
  } finally {
    clearTimeout(timer);
  }
}

function isWorkersAi(ai: unknown): ai is WorkersAi {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && "run" in ai;
}

/** What `run` threw, as the error a client sees. Its own text is read for a leading code and goes no further. */
function toApiError(error: unknown, { clientLeft, timedOut }: { clientLeft: boolean; timedOut: boolean }): ApiError {
  if (clientLeft) {
    return new ApiError({
      status: 499,
      type: "invalid_request_error",
      code: "client_closed_request",
      message: "The client closed the connection before the answer.",
    });
  }
  if (timedOut) return upstreamTimeout();
  if (error instanceof ApiError) return error;
  return mapError({ status: 502, body: error instanceof Error ? error.message : "" });
}

/** 504: upstream took longer than `UPSTREAM_TIMEOUT_MS`. */
export function upstreamTimeout(): ApiError {
  return new ApiError({
    status: 504,
    type: "server_error",
    code: "upstream_timeout",
    message: "Workers AI did not answer in time. Try again.",
  });
}

/** A cache key is any string; a header value is not. */
function toHeaderValue(text: string): string {
  return /^[\u0021-\u007e]{1,256}$/.test(text) ? text : encodeURIComponent(text.toWellFormed()).slice(0, 256);
}
