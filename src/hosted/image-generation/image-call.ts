import type { Counted } from "../../call.ts";
import { ApiError } from "../../errors.ts";
import type { ImageGenerationCallItem } from "../../protocol/hosted-items.ts";
import type { ItemSlot } from "../../protocol/item-slot.ts";
import { readText } from "../../protocol/json.ts";
import type { GeneratedImage } from "../../workers-ai/generate-image.ts";
import { type HostedCall, readArguments } from "../hosted-tool.ts";

/** What image generation of one Response has. */
export interface ImageKit {
  /** @throws {ApiError} when there is no image */
  generate: (prompt: string, signal: AbortSignal) => Promise<GeneratedImage>;
  count: (what: Counted) => void;
}

/** Longest prompt that flux-1-schnell takes, in characters. */
const maxPromptLength = 2_048;

/** One image made by a model of Workers AI: an `image_generation_call`. */
export class ImageCall implements HostedCall {
  readonly #slot: ItemSlot;
  readonly #kit: ImageKit;
  #text = "";
  #item: ImageGenerationCallItem;

  constructor(slot: ItemSlot, { id, kit }: { id: string; kit: ImageKit }) {
    this.#slot = slot;
    this.#kit = kit;
    // The AI SDK wants a text here, also where there is no image yet or never.
    this.#item = { id, type: "image_generation_call", status: "in_progress", result: "" };
    slot.emit({ type: "response.output_item.added", output_index: slot.output_index, item: this.#item });
    slot.emit({ type: "response.image_generation_call.in_progress", ...this.#place() });
  }

  item(): ImageGenerationCallItem {
    return this.#item;
  }

  grow(delta: string): void {
    this.#text += delta;
  }

  /** The model is told that there is an image: it could not see it. */
  async run(signal: AbortSignal): Promise<string> {
    this.#slot.emit({ type: "response.image_generation_call.generating", ...this.#place() });
    const prompt = readText(readArguments(this.#text)?.["prompt"]).slice(0, maxPromptLength);
    if (prompt.trim() === "") {
      this.#close({ status: "failed" });
      return "No image was made: the prompt is empty.";
    }
    try {
      this.#kit.count("images");
      const { base64, format } = await this.#kit.generate(prompt, signal);
      this.#slot.emit({ type: "response.image_generation_call.completed", ...this.#place() });
      this.#close({ status: "completed", revised_prompt: prompt, output_format: format, result: base64 });
      return "The image was made, and the user sees it.";
    } catch (error) {
      signal.throwIfAborted();
      this.#close({ status: "failed", revised_prompt: prompt });
      if (error instanceof ApiError) return `No image was made. ${error.message}`;
      throw error;
    }
  }

  skip(): void {
    this.#close({ status: "failed" });
  }

  #close(end: Partial<ImageGenerationCallItem>): void {
    this.#item = { ...this.#item, ...end };
    this.#slot.emit({ type: "response.output_item.done", output_index: this.#slot.output_index, item: this.#item });
  }

  #place() {
    return { item_id: this.#item.id, output_index: this.#slot.output_index };
  }
}
