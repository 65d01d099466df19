import { readData, readFrames } from "./read-frames.js";

/** @import { ResponseEvent, ResponseResource } from "../../src/protocol/events.ts" */

/**
 * What becomes of a request, in the order it happens. `at` is in milliseconds since the request was sent.
 * @typedef {{ kind: "head", at: number, status: number, contentType: string, headers: Map<string, string> }
 *   | { kind: "raw", at: number, text: string }
 *   | { kind: "event", at: number, event: ResponseEvent }
 *   | { kind: "response", at: number, response: ResponseResource }} Happening
 */

/** A call that the API refused or that came to no good end. */
export class CallError extends Error {
  /**
   * `retryAfter` in seconds, as a text.
   * @param {{ status?: number, message: string, code?: string, param?: string, requestId?: string, retryAfter?: string }} fields
   */
  constructor({ status = 0, message, code = "", param = "", requestId = "", retryAfter = "" }) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** Headers worth showing: whatever else there is, the browser's own tools tell. */
const shownHeaders = new Set([
  "x-request-id",
  "cf-ai-req-id",
  "x-fallback-model",
  "server-timing",
  "retry-after",
  "warning",
]);

/**
 * Sends a request and tells what comes back, as it comes.
 * Throws `CallError` for an error answer and for a stream that broke off, the signal's reason when it aborts.
 * @param {{ body: object, key: string, signal: AbortSignal }} call
 * @returns {AsyncGenerator<Happening, void>}
 */
export async function* callApi({ body, key, signal }) {
  const start = performance.now();
  const at = () => performance.now() - start;
  const answer = await fetch("/openai/v1/responses", {
    method: "POST",
    headers: { "content-type": "application/json", ...(key !== "" && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
    signal,
  }).catch((error) => {
    throw brokenOff(error, signal, "The Worker could not be reached.");
  });
  const contentType = answer.headers.get("content-type") ?? "";
  const headers = new Map([...answer.headers].filter(([name]) => shownHeaders.has(name)));
  yield { kind: "head", at: at(), status: answer.status, contentType, headers };

  try {
    if (contentType.startsWith("text/event-stream") && answer.body !== null) {
      for await (const text of readFrames(readTexts(answer.body))) {
        yield { kind: "raw", at: at(), text };
        const data = readData(text);
        if (data !== "" && data !== "[DONE]") yield { kind: "event", at: at(), event: JSON.parse(data) };
      }
      return;
    }
    const text = await answer.text();
    yield { kind: "raw", at: at(), text };
    if (!answer.ok) throw readError(answer, text);
    yield { kind: "response", at: at(), response: JSON.parse(text) };
  } catch (error) {
    throw brokenOff(error, signal, "The answer broke off before its end.");
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<string, void>}
 */
async function* readTexts(body) {
  // Safari's streams are no async iterables.
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * @param {unknown} error
 * @param {AbortSignal} signal
 * @param {string} message
 */
function brokenOff(error, signal, message) {
  if (signal.aborted) return signal.reason;
  return error instanceof CallError ? error : new CallError({ message });
}

/**
 * @param {Response} answer
 * @param {string} text
 */
function readError({ status, headers }, text) {
  const known = {
    status,
    requestId: headers.get("x-request-id") ?? "",
    retryAfter: headers.get("retry-after") ?? "",
  };
  try {
    return new CallError({ ...known, ...JSON.parse(text).error });
  } catch {
    return new CallError({ ...known, message: text.slice(0, 500) });
  }
}
