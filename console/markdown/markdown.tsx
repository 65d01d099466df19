import { useEffect, useRef, useState } from "preact/hooks";
import { BlockView } from "./blocks.tsx";
import { BlockSplitter } from "./split-blocks.ts";

/** Shows a Markdown text, which may grow. */
export function Markdown({ text, isLive }: { text: string; isLive: boolean }) {
  const splitter = useRef<BlockSplitter>(undefined);
  splitter.current ??= new BlockSplitter();
  const [, setPass] = useState(0);
  const { blocks, isComplete } = splitter.current.read(text, !isLive);
  useEffect(() => {
    if (isComplete) return undefined;
    const frame = requestAnimationFrame(() => setPass((pass) => pass + 1));
    return () => cancelAnimationFrame(frame);
  });
  return (
    <div class={`markdown${blocks.length > 100 ? " long" : ""}`}>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}
