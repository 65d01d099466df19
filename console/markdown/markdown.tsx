import { Component } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { BlockView } from "./blocks.tsx";
import { type Block, BlockSplitter } from "./split-blocks.ts";

/** Milliseconds of one frame that reading may take, on a fast machine. */
const readingTime = 6;
/** Finished blocks that are drawn, and skipped when nothing in them changed, together. */
const groupSize = 40;

/** Shows a Markdown text, which may grow. */
export function Markdown({ text, isLive }: { text: string; isLive: boolean }) {
  const splitter = useRef<BlockSplitter>(undefined);
  splitter.current ??= new BlockSplitter();
  const [, setPass] = useState(0);
  const end = performance.now() + readingTime;
  const { finished, open, isComplete } = splitter.current.read(text, !isLive, () => performance.now() < end);
  useEffect(() => {
    if (isComplete) return undefined;
    const frame = requestAnimationFrame(() => setPass((pass) => pass + 1));
    return () => cancelAnimationFrame(frame);
  });
  const groups = Array.from({ length: Math.ceil(finished.length / groupSize) }, (_, index) => index * groupSize);
  return (
    <div class="markdown">
      {groups.map((start) => (
        <Group
          key={start}
          blocks={finished}
          start={start}
          end={Math.min(finished.length, start + groupSize)}
          last={finished.at(-1)}
        />
      ))}
      {open.map((block, index) => (
        <BlockView key={`open-${finished.length + index}`} block={block} />
      ))}
    </div>
  );
}

interface GroupProps {
  blocks: readonly Block[];
  start: number;
  end: number;
  /** The last finished block, which may have grown. */
  last: Block | undefined;
}

/** A run of finished blocks. Drawn again only while it is the last, and changes. */
class Group extends Component<GroupProps> {
  override shouldComponentUpdate(next: GroupProps): boolean {
    const isLast = next.end === next.blocks.length;
    return next.end !== this.props.end || next.start !== this.props.start || (isLast && next.last !== this.props.last);
  }

  render() {
    const { blocks, start, end } = this.props;
    return (
      <div class={`blocks${end - start === groupSize ? " full" : ""}`}>
        {blocks.slice(start, end).map((block, index) => (
          <BlockView key={start + index} block={block} />
        ))}
      </div>
    );
  }
}
