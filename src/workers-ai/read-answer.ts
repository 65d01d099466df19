import { ApiError } from "../errors.ts";
import { mapError } from "./map-error.ts";

/** A successful answer: its body is not empty, and not a byte of it is changed or lost. */
export interface ModelAnswer {
  kind: "json" | "event-stream";
  contentType: string;
  body: ReadableStream<Uint8Array>;
  /** Cloudflare's id of the call, for support. */
  upstreamId: string | undefined;
  /** For the `warning` header: what of the request was left out or changed. */
  warning?: string | undefined;
}

/**
 * Turns upstream's raw response into an answer worth passing on; its first byte has arrived when this resolves.
 * Throws upstream's own error as `mapError` sees it, and 502 `upstream_invalid_response` for a 200 that is empty or
 * neither JSON nor an event stream.
 */
export async function readAnswer(answer: Response): Promise<ModelAnswer> {
  if (answer.status !== 200) {
    throw mapError({
      status: answer.status,
      body: await readStart(answer.body),
      retryAfter: answer.headers.get("retry-after"),
    });
  }
  const contentType = answer.headers.get("content-type") ?? "";
  const kind = kindOf(contentType);
  if (kind === undefined) {
    await answer.body?.cancel();
    throw invalidAnswer("it is neither JSON nor an event stream");
  }
  return {
    kind,
    contentType,
    body: kind === "json" ? await readSmallBody(answer) : await awaitFirstByte(answer),
    upstreamId: answer.headers.get("cf-ai-req-id") ?? undefined,
  };
}

function kindOf(contentType: string): ModelAnswer["kind"] | undefined {
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/json":
      return "json";
    case "text/event-stream":
      return "event-stream";
    default:
      return undefined;
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

/**
 * The body, once its first byte is there, since after the status nothing can be said any more. What comes behind that
 * is pumped by the runtime, not by JavaScript.
 */
async function awaitFirstByte({ body, headers }: Response): Promise<ReadableStream<Uint8Array>> {
  if (body === null) throw invalidAnswer("it is empty");
  const reader = body.getReader();
  const first = await reader.read();
  reader.releaseLock();
  if (first.done) throw invalidAnswer("it is empty");
  return resume([first.value], { rest: body, length: readLength(headers) });
}

/**
 * The same for JSON, most of which is one chunk: its end is asked for too, and a body that is whole by then goes on as
 * it is, which costs a third of setting up a pump.
 */
async function readSmallBody({ body, headers }: Response): Promise<ReadableStream<Uint8Array>> {
  if (body === null) throw invalidAnswer("it is empty");
  const reader = body.getReader();
  const first = await reader.read();
  if (first.done) throw invalidAnswer("it is empty");
  const second = await reader.read();
  if (second.done) return new Blob([first.value]).stream();
  reader.releaseLock();
  return resume([first.value, second.value], { rest: body, length: readLength(headers) });
}

/** Puts what was read of a body back in front of the rest. A known length stays known, so that the client is told it. */
function resume(
  chunks: readonly Uint8Array[],
  { rest, length }: { rest: ReadableStream<Uint8Array>; length: number | undefined },
): ReadableStream<Uint8Array> {
  const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  void prepend(chunks, rest, writable);
  return readable;
}

/** Bytes of the body as it is read: the length of a compressed one says nothing of that. */
function readLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? undefined : Number(length);
}

/** Writes `chunks`, then all of `rest`. Either side's failure ends the other: no error is left to report here. */
async function prepend(
  chunks: readonly Uint8Array[],
  rest: ReadableStream<Uint8Array>,
  destination: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    const writer = destination.getWriter();
    for (const chunk of chunks) await writer.write(chunk);
    writer.releaseLock();
    await rest.pipeTo(destination);
  } catch (error) {
    if (!rest.locked) await rest.cancel(error).catch(() => {});
  }
}

/** 502: upstream said 200 and sent something that is no answer. `what` says what is wrong with it. */
export function invalidAnswer(what: string): ApiError {
  return new ApiError({
    status: 502,
    type: "server_error",
    code: "upstream_invalid_response",
    message: `The model's answer is not valid: ${what}. Try again.`,
  });
}
