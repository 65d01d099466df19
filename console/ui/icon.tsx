import type { IconNode } from "lucide";
import { h } from "preact";

/** An icon of the set Lucide, as wide as it is high. Hidden from those who hear the page: what it means stands beside it. */
export function Icon({ node, size = 16 }: { node: IconNode; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      {node.map(([tag, attributes]) => h(tag, { ...attributes }))}
    </svg>
  );
}
