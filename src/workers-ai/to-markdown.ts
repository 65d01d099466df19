import { ApiError } from "../errors.ts";

/** A document for `toMarkdown`. The service goes by the media type, then by the name's ending. */
export interface SourceDocument {
  name: string;
  contentType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** In workers-types 5 the result has more fields, and the stand-in for development is another object. */
interface ConvertingAi {
  toMarkdown(
    document: { name: string; blob: Blob },
    options: object,
  ): Promise<{ format: "markdown"; data: string } | { format: "error"; error: string }>;
}

/**
 * Turns a document (HTML, PDF, office formats) or an image into Markdown by `env.AI.toMarkdown`
 * (developers.cloudflare.com/workers-ai/features/markdown-conversion). Undefined when it can't be converted: the service's
 * own words about that are no client's business. A PDF's metadata is left out, so that a PDF without text comes out empty.
 * @throws {ApiError} 502 when the service fails, 504 when it takes longer than `timeoutMs`; whatever `signal` was aborted
 * with when it was
 */
export async function toMarkdown(
  ai: unknown,
  { name, contentType, bytes }: SourceDocument,
  { gatewayId, signal, timeoutMs }: { gatewayId?: string | undefined; signal: AbortSignal; timeoutMs: number },
): Promise<string | undefined> {
  if (!canConvert(ai)) throw noConverter();
  // The binding's method takes no signal.
  const over = Promise.withResolvers<never>();
  const leave = (): void => over.reject(signal.reason);
  const timer = setTimeout(() => over.reject(tookTooLong()), timeoutMs);
  signal.addEventListener("abort", leave);
  try {
    signal.throwIfAborted();
    const converting = ai
      .toMarkdown(
        { name, blob: new Blob([bytes], { type: contentType }) },
        {
          ...(gatewayId !== undefined && { gateway: { id: gatewayId } }),
          conversionOptions: { pdf: { metadata: false } },
        },
      )
      .catch((error: unknown) => {
        throw notReached(error);
      });
    const converted = await Promise.race([converting, over.promise]);
    return converted.format === "markdown" ? converted.data : undefined;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

function canConvert(ai: unknown): ai is ConvertingAi {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && "toMarkdown" in ai;
}

function noConverter(): ApiError {
  return new ApiError({
    status: 500,
    type: "server_error",
    code: "misconfigured",
    param: "AI",
    message: 'The binding AI is missing, or can\'t convert files. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
  });
}

function notReached(cause: unknown): ApiError {
  return new ApiError({
    status: 502,
    type: "server_error",
    code: "upstream_error",
    message: "Workers AI's conversion of files failed. Send the request again.",
    cause,
  });
}

function tookTooLong(): ApiError {
  return new ApiError({
    status: 504,
    type: "server_error",
    code: "upstream_timeout",
    message: "Workers AI's conversion of a file took too long. Send the request again, or a smaller file.",
  });
}
