import { ApiError, clientLeft } from "../errors.ts";
import { readWhole } from "../streams/read-whole.ts";
import { brokenAnswer, invalidAnswer, mapError, missingBinding, upstreamTimeout } from "./errors.ts";
import { hasMethod } from "./has-method.ts";

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

/** What one request did upstream: filled in as it happens, so that a failure leaves it behind too. */
export interface UpstreamTrace {
  /** Calls made, retries and fallbacks included. */
  calls: number;
  /** Full name of the model called last. */
  model: string | undefined;
  /** That model when it is not the one asked for. */
  fallbackModel: string | undefined;
  /** Cloudflare's id of the last call that had one, for support. */
  upstreamId: string | undefined;
  /** Milliseconds from each call to the first byte of its answer, or to its failure, added up. */
  waitedMs: number;
}

/** A trace of nothing yet. */
export function startTrace(): UpstreamTrace {
  return { calls: 0, model: undefined, fallbackModel: undefined, upstreamId: undefined, waitedMs: 0 };
}

export interface ModelCall {
  /** The `AI` binding, or whatever is bound under its name. */
  ai: unknown;
  /** Full Workers AI name, such as `@cf/openai/gpt-oss-20b`. */
  model: string;
  /** Full names of the models to try, in order, when `model` has no capacity. */
  fallbackModels: readonly string[];
  /** What a model is sent: made for each, since limits and fields differ. */
  inputsFor: (model: string) => object;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Milliseconds to the first byte of an event stream or the last of a JSON body, over all attempts together. */
  timeoutMs: number;
  /** How many attempts that failed for a passing reason are made again. */
  retries: number;
  gatewayId: string | undefined;
  /**
   * Requests with one value reach one prompt cache (developers.cloudflare.com/workers-ai/features/prompt-caching).
   * An empty one is none: it would bring all its users to one place.
   */
  sessionAffinity: string | undefined;
  trace: UpstreamTrace;
}

/** What a model answered: JSON whole, an event stream from its first byte on. Not a byte is changed or lost. */
export type ModelAnswer = {
  /** Full name of the model that answered. */
  model: string;
  contentType: string;
  upstreamId: string | undefined;
} & ({ kind: "json"; bytes: ArrayBuffer } | { kind: "event-stream"; body: ReadableStream<Uint8Array> });

/**
 * Runs a model: again after a failure that may pass, and the next model when one has no capacity. The last model may
 * queue: there is nothing left to fall back on. `trace` says what it took.
 * @throws {ApiError} upstream's own error, 502 for an answer that is empty, foreign, broken off or over 10 MiB, 504 when
 * time is up, 499 when the client has left
 */
export async function runModel(call: ModelCall): Promise<ModelAnswer> {
  const { signal: clientSignal, trace } = call;
  const models = [call.model, ...call.fallbackModels.filter((name) => name !== call.model)];
  const deadline = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    deadline.abort();
  }, call.timeoutMs);
  const leave = (): void => deadline.abort();
  if (clientSignal.aborted) leave();
  clientSignal.addEventListener("abort", leave);
  // Whatever a signal's listener reaches, this request too, stays in memory until the next full garbage collection.
  const release = (): void => clientSignal.removeEventListener("abort", leave);
  const startedAt = Date.now();
  let streams = false;
  try {
    let position = 0;
    for (let retried = 0; ;) {
      const model = models[position] ?? call.model;
      const hasNext = position + 1 < models.length;
      trace.fallbackModel = position === 0 ? undefined : model;
      try {
        const answer = await attempt(call, { model, signal: deadline.signal, rejectIfBusy: hasNext, release });
        streams = answer.kind === "event-stream";
        return answer;
      } catch (error) {
        if (deadline.signal.aborted) throw error;
        if (hasNext && isOutOfCapacity(error)) {
          position += 1;
          continue;
        }
        if (retried === call.retries || !mayPass(error)) throw error;
      }
      await scheduler.wait(drawPause(retried++), { signal: deadline.signal });
    }
  } catch (error) {
    if (clientSignal.aborted) throw clientLeft();
    throw isLate ? upstreamTimeout() : error;
  } finally {
    clearTimeout(timer);
    // An event stream goes on after this, and a client that leaves then ends it too.
    if (!streams) release();
    trace.waitedMs += Date.now() - startedAt;
  }
}

/** One call. Throws an `ApiError` for every failure: what `run` threw is read for its code, and its text goes no further. */
async function attempt(
  { ai, inputsFor, gatewayId, sessionAffinity, trace }: ModelCall,
  {
    model,
    signal,
    rejectIfBusy,
    release,
  }: { model: string; signal: AbortSignal; rejectIfBusy: boolean; release: () => void },
): Promise<ModelAnswer> {
  if (!isWorkersAi(ai)) {
    throw missingBinding();
  }
  trace.calls += 1;
  trace.model = model;
  try {
    const answer = await ai.run(model, inputsFor(model), {
      returnRawResponse: true,
      signal,
      ...(gatewayId !== undefined && { gateway: { id: gatewayId } }),
      ...(sessionAffinity !== undefined &&
        sessionAffinity !== "" && { extraHeaders: { "x-session-affinity": toHeaderValue(sessionAffinity) } }),
      ...(rejectIfBusy && { rejectIfBusy }),
    });
    const upstreamId = answer.headers.get("cf-ai-req-id") ?? undefined;
    trace.upstreamId = upstreamId ?? trace.upstreamId;
    return { model, upstreamId, ...(await readAnswer(answer, release)) };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw mapError({ status: 502, body: error instanceof Error ? error.message : "" });
  }
}

function isWorkersAi(ai: unknown): ai is WorkersAi {
  return hasMethod(ai, "run");
}

/** A cache key is any string; a header value is not. */
function toHeaderValue(text: string): string {
  return /^[\u0021-\u007e]{1,256}$/.test(text) ? text : encodeURIComponent(text.toWellFormed()).slice(0, 256);
}

/** Bytes of a JSON answer that are read. A model's longest answer is well under 1 MB. */
const longestAnswer = 10_485_760;

type AnswerBody =
  | { kind: "json"; contentType: string; bytes: ArrayBuffer }
  | { kind: "event-stream"; contentType: string; body: ReadableStream<Uint8Array> };

/** Takes upstream's raw response for an answer, or for the error that it is. `release` is called when a stream has ended. */
async function readAnswer(answer: Response, release: () => void): Promise<AnswerBody> {
  if (answer.status !== 200) {
    throw mapError({
      status: answer.status,
      body: await readStart(answer.body),
      retryAfter: answer.headers.get("retry-after"),
    });
  }
  const contentType = answer.headers.get("content-type") ?? "";
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/json":
      return { kind: "json", contentType, bytes: await readJson(answer) };
    case "text/event-stream":
      return { kind: "event-stream", contentType, body: await awaitFirstByte(answer.body, release) };
    default:
      await answer.body?.cancel();
      throw invalidAnswer("it is neither JSON nor an event stream");
  }
}

/** Error bodies are small: what lies behind this many characters is not read. */
const maxErrorLength = 65_536;

async function readStart(body: ReadableStream<Uint8Array> | null): Promise<string> {
  let start = "";
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    start += text;
    if (start.length > maxErrorLength) break;
  }
  return start;
}

async function readJson(answer: Response): Promise<ArrayBuffer> {
  let bytes: ArrayBuffer | undefined;
  try {
    bytes = await readWhole(answer, longestAnswer);
  } catch (error) {
    throw brokenAnswer(error);
  }
  if (bytes === undefined) throw invalidAnswer(`it is longer than ${longestAnswer} bytes`);
  if (bytes.byteLength === 0) throw invalidAnswer("it is empty");
  return bytes;
}

/**
 * The body, once its first byte is there, since after the status nothing can be said any more. What comes behind that
 * is pumped by the runtime, not by JavaScript.
 */
async function awaitFirstByte(
  body: ReadableStream<Uint8Array> | null,
  release: () => void,
): Promise<ReadableStream<Uint8Array>> {
  if (body === null) throw invalidAnswer("it is empty");
  const reader = body.getReader();
  const first = await reader.read();
  reader.releaseLock();
  if (first.done) throw invalidAnswer("it is empty");
  const { readable, writable } = new IdentityTransformStream();
  void prepend(first.value, body, writable).finally(release);
  return readable;
}

/** Writes `chunk`, then all of `rest`. Either side's failure ends the other: no error is left to report here. */
async function prepend(
  chunk: Uint8Array,
  rest: ReadableStream<Uint8Array>,
  destination: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    const writer = destination.getWriter();
    await writer.write(chunk);
    writer.releaseLock();
    await rest.pipeTo(destination);
  } catch (error) {
    if (!rest.locked) await rest.cancel(error).catch(() => {});
  }
}

/** Another model may have room. The daily allocation is the account's, for all models: no use in trying another. */
function isOutOfCapacity(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "out_of_capacity" || error.code === "upstream_rate_limited");
}

/** A 5xx that says nothing of the request itself: the same call may well succeed a moment later. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status < 500) return false;
  return ["upstream_error", "upstream_stream_broken", "upstream_timeout", "upstream_server_timeout"].includes(
    error.code,
  );
}

const firstPauseMs = 250;
const longestPauseMs = 4_000;

/**
 * Half of an exponentially growing pause is fixed, half is drawn: calls that failed together don't come back together.
 */
function drawPause(retried: number): number {
  const whole = Math.min(firstPauseMs * 2 ** retried, longestPauseMs);
  return Math.round(whole / 2 + (Math.random() * whole) / 2);
}
