import { useState } from "preact/hooks";
import { formatCount } from "./format.ts";

/** Characters that are laid out without being asked for, and with each click more. */
const firstPart = 16_000;
const nextPart = 64_000;
/** A line longer than this is cut where it is drawn, since a browser lays out a line in one go. */
const piece = 4000;

/** Plain text of any length: its beginning, and the rest on demand. */
export function LongText({ text, isCode = false }: { text: string; isCode?: boolean }) {
  const [length, setLength] = useState(firstPart);
  const shown = text.slice(0, length);
  const pieces = shown.match(new RegExp(`[^]{1,${piece}}`, "g")) ?? [];
  return (
    <div class={`long-text${isCode ? " is-code" : ""}`} tabIndex={isCode ? 0 : undefined}>
      {pieces.map((part, index) => (
        <div key={index} class="piece">
          {part}
        </div>
      ))}
      {text.length > length && (
        <button type="button" onClick={() => setLength(length + nextPart)}>
          Show more ({formatCount(text.length - length)} characters)
        </button>
      )}
    </div>
  );
}
