import { Download, ImageOff } from "lucide";
import { readText } from "../api/json.ts";
import { formatDuration } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { ItemProps } from "./item-view.tsx";

/** The first characters of base64 tell the format. */
const mediaTypes: readonly (readonly [start: string, type: string])[] = [
  ["/9j/", "image/jpeg"],
  ["iVBOR", "image/png"],
  ["UklGR", "image/webp"],
  ["R0lGOD", "image/gif"],
];

/** An image that the model made, or the place where it will be. */
export function ImageView({ entry, isLive }: ItemProps) {
  const result = readText(entry.item["result"]);
  const prompt = readText(entry.item["revised_prompt"]) || readText(entry.item["prompt"]);
  if (result === "") {
    return isLive ? (
      <div class="image-place live" role="img" aria-label="An image is being made">
        <span>Making an image</span>
      </div>
    ) : (
      <p class="note">
        <Icon node={ImageOff} size={15} /> No image was made.
      </p>
    );
  }
  const type = mediaTypes.find(([start]) => result.startsWith(start))?.[1] ?? "image/jpeg";
  const url = `data:${type};base64,${result}`;
  return (
    <figure class="image">
      <img src={url} alt={prompt || "Made by the model"} />
      <figcaption>
        <span>{prompt || "Made by the model"}</span>
        {entry.took !== undefined && <span class="tag">{formatDuration(entry.took)}</span>}
        <a href={url} download={`image.${type.slice(6)}`} class="ghost" aria-label="Download the image">
          <Icon node={Download} size={15} />
        </a>
      </figcaption>
    </figure>
  );
}
