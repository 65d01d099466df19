import { ApiError } from "../errors.ts";
import { isRecord } from "../protocol/json.ts";
import { readWhole } from "../streams/read-whole.ts";
import { mapError, missingBinding } from "./errors.ts";
import { hasMethod } from "./has-method.ts";

/** In workers-types 5 each model has inputs and outputs of its own; what is used here is common to all that make images. */
interface ImageAi {
  run(
    model: string,
    inputs: { prompt: string },
    options: { returnRawResponse: true; signal: AbortSignal; gateway?: { id: string } },
  ): Promise<Response>;
}

/** An image as base64. */
export interface GeneratedImage {
  base64: string;
  format: "png" | "jpeg" | "webp";
}

/** A megapixel as JPEG or PNG, in base64, is well below. */
const maxBytes = 16_777_216;

/** Milliseconds for one image. */
const timeoutMs = 60_000;

/**
 * Makes an image by a model of Workers AI and returns it as base64. Models answer with JSON or with the image itself:
 *
 *   {"image":"<base64>"}              @cf/black-forest-labs/flux-1-schnell, @cf/leonardo/lucid-origin
 *   {"result":{"image":"<base64>"}}   the same in the REST envelope
 *   content-type: image/jpeg          @cf/leonardo/phoenix-1.0
 *
 * @throws {ApiError} for every failure; whatever `signal` was aborted with when it was
 */
export async function generateImage({
  ai,
  model,
  prompt,
  gatewayId,
  signal,
}: {
  /** The `AI` binding, or whatever is bound under its name. */
  ai: unknown;
  model: string;
  prompt: string;
  gatewayId: string | undefined;
  signal: AbortSignal;
}): Promise<GeneratedImage> {
  if (!canRun(ai)) throw missingBinding();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await ai.run(
      model,
      { prompt },
      {
        returnRawResponse: true,
        signal: AbortSignal.any([signal, deadline]),
        ...(gatewayId !== undefined && { gateway: { id: gatewayId } }),
      },
    );
    const body = await readWhole(answer, maxBytes);
    const bytes = body === undefined ? undefined : new Uint8Array(body);
    if (answer.status !== 200) {
      throw mapError({ status: answer.status, body: new TextDecoder().decode(bytes?.subarray(0, 4_096)) });
    }
    if (bytes === undefined) throw noImage("it is too large");
    return readImage(bytes, answer.headers.get("content-type") ?? "");
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    if (deadline.aborted) throw noImage("it took too long");
    throw mapError({ status: 502, body: error instanceof Error ? error.message : "" });
  }
}

function readImage(bytes: Uint8Array, contentType: string): GeneratedImage {
  if (contentType.startsWith("image/")) return { base64: bytes.toBase64(), format: findFormat(bytes) };
  const base64 = findBase64(bytes);
  // Enough for the first bytes, by which a format is known.
  const start = /^[A-Za-z0-9+/]{16}/.exec(base64)?.[0];
  if (start === undefined) throw noImage("it has no image");
  return { base64, format: findFormat(Uint8Array.fromBase64(start)) };
}

function findBase64(bytes: Uint8Array): string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw noImage("it is neither JSON nor an image");
  }
  const { image, result } = isRecord(value) ? value : {};
  if (typeof image === "string") return image;
  return isRecord(result) && typeof result["image"] === "string" ? result["image"] : "";
}

/** By the first bytes (mimesniff.spec.whatwg.org, "image type pattern matching"); what is neither is JPEG, as models document. */
function findFormat(bytes: Uint8Array): GeneratedImage["format"] {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return "png";
  return bytes[0] === 0x52 && bytes[1] === 0x49 ? "webp" : "jpeg";
}

function noImage(why: string): ApiError {
  return new ApiError({
    status: 502,
    type: "server_error",
    code: "upstream_invalid_response",
    message: `Workers AI's answer to the request for an image can't be used: ${why}.`,
  });
}

function canRun(ai: unknown): ai is ImageAi {
  return hasMethod(ai, "run");
}
