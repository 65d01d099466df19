import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface VirtualListProps {
  count: number;
  /** Pixels. All rows have it. */
  rowHeight: number;
  label: string;
  /** While true the list stays at its end. */
  follows: boolean;
  row: (index: number) => ComponentChildren;
}

/** Rows beyond those in view, so that scrolling shows no gap. */
const spare = 8;

/** A list of any length, of which only the rows in view are drawn. */
export function VirtualList({ count, rowHeight, label, follows, row }: VirtualListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = () => {
    const node = scroller.current;
    if (node !== null) setView({ top: node.scrollTop, height: node.clientHeight });
  };
  useEffect(look, [count === 0]);
  useEffect(() => {
    const node = scroller.current;
    if (follows && node !== null && count * rowHeight - view.top - view.height < rowHeight * 6)
      node.scrollTop = node.scrollHeight;
  }, [count]);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + spare);
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, place) => first + place);
  return (
    <div class="virtual" ref={scroller} onScroll={look} role="list" aria-label={label} tabIndex={0}>
      <div style={{ height: `${count * rowHeight}px` }}>
        {rows.map((index) => (
          <div
            key={index}
            role="listitem"
            class="virtual-row"
            style={{ height: `${rowHeight}px`, top: `${index * rowHeight}px` }}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}
