import { Brain, ChevronRight } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { readReasoning } from "../chat/entry.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { formatDuration } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { ItemProps } from "./item-view.tsx";

/** What the model thinks: in view while it does, folded once the answer begins. A click decides for good. */
export function ReasoningView({ entry, isLive }: ItemProps) {
  const [choice, setChoice] = useState<boolean | undefined>(undefined);
  const text = readReasoning(entry.item);
  const body = useRef<HTMLDivElement>(null);
  const isOpen = choice ?? isLive;
  useEffect(() => {
    if (isLive && body.current !== null) body.current.scrollTop = body.current.scrollHeight;
  });
  if (text === "" && !isLive) return undefined;
  const took = entry.took === undefined ? "" : ` for ${formatDuration(entry.took)}`;
  return (
    <div class={`reasoning${isOpen ? " open" : ""}${isLive ? " live" : ""}`}>
      <button
        // Another button once it has ended: what stands after a text that changes would move.
        key={isLive ? "live" : "done"}
        type="button"
        class="fold"
        aria-expanded={isOpen}
        onClick={() => setChoice(!isOpen)}
      >
        <Icon node={Brain} size={15} />
        <span>{isLive ? "Thinking" : `Thought${took}`}</span>
        <Icon node={ChevronRight} size={14} />
      </button>
      {isOpen && text !== "" && (
        <div class="reasoning-text" ref={body} tabIndex={0} role="region" aria-label="Reasoning">
          <Markdown text={text} isLive={isLive} />
        </div>
      )}
    </div>
  );
}
