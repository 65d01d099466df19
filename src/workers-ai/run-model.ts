import { ApiError, clientLeft } from "../errors.ts";
import { callModel, type SingleCall } from "./call-model.ts";
import type { ModelAnswer } from "./read-answer.ts";
import { tryModels } from "./try-models.ts";

export interface ModelCall extends Omit<SingleCall, "signal" | "rejectIfBusy"> {
  /** Aborts when the client has left. */
  signal: AbortSignal;
  /** Milliseconds to the first byte of the answer's body, over all calls together. */
  timeoutMs: number;
  /** Full names of the models to try, in order, when `model` has no capacity. */
  fallbackModels: readonly string[];
  /** How many calls that failed for a passing reason are made again. */
  retries: number;
}

/**
 * Runs the model, or one it falls back on; `trace` says which, and what it took.
 * Throws an `ApiError` for every failure: upstream's own errors, a thrown exception, an empty or foreign answer (502),
 * no byte in time (504), a client that left (499, which nobody reads).
 */
export async function runModel({
  signal: clientSignal,
  timeoutMs,
  fallbackModels,
  retries,
  ...call
}: ModelCall): Promise<ModelAnswer> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const signal = AbortSignal.any([clientSignal, deadline.signal]);
  const startedAt = Date.now();
  try {
    return await tryModels({
      models: [call.model, ...fallbackModels.filter((name) => name !== call.model)],
      retries,
      signal,
      attempt(model, rejectIfBusy) {
        call.trace.fallbackModel = model === call.model ? undefined : model;
        return callModel({ ...call, model, signal, rejectIfBusy });
      },
      pause: (milliseconds) => scheduler.wait(milliseconds, { signal }),
    });
  } catch (error) {
    if (clientSignal.aborted) throw clientLeft();
    if (deadline.signal.aborted) throw upstreamTimeout();
    throw error;
  } finally {
    clearTimeout(timer);
    call.trace.waitedMs += Date.now() - startedAt;
  }
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
