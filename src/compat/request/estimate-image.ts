import { readImage } from "../../files/read-image.ts";
import type { ChatImage } from "./convert-content.ts";

/**
 * Pixels at the side of the square that models make one token of: 28 for Qwen and Mistral. Gemma takes 256 tokens for any
 * image, so for Gemma this is too much.
 */
const patch = 28;

/** Tokens of an image whose size is not known, and the most of one: models make a large one smaller. */
const usual = 1_024;
const most = 4_096;

/** Characters of base64 that hold the size of an image, as a rule. */
const looked = 65_536;

/** Estimates how many tokens a model makes of an image. */
export function estimateImage({ image_url: { url } }: ChatImage): number {
  const size = readSize(url.slice(url.indexOf(",") + 1));
  if (size === undefined) return usual;
  return Math.min(most, Math.ceil(size.width / patch) * Math.ceil(size.height / patch));
}

function readSize(base64: string): { width: number; height: number } | undefined {
  try {
    return readImage(Uint8Array.fromBase64(base64.slice(0, looked)))?.size;
  } catch {
    return undefined;
  }
}
