import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { lowlight } from "./highlighter.ts";

type Lowlight = typeof lowlight;
type Node = ReturnType<Lowlight["highlight"]>["children"][number];

const loaded = signal<Lowlight | undefined>(undefined);
let isLoading = false;

/** Longer code is shown in one colour. */
const longestCode = 20_000;

/** Colours code; plain text for a language nobody knows, and until the highlighter is there. */
export function Highlight({ language, text }: { language: string; text: string }) {
  if (!isLoading) {
    isLoading = true;
    void import("./highlighter.ts").then((highlighter) => (loaded.value = highlighter.lowlight));
  }
  const highlighter = loaded.value;
  const name = language.toLowerCase();
  if (highlighter === undefined || text.length > longestCode || !highlighter.registered(name)) return <>{text}</>;
  return <>{highlighter.highlight(name, text).children.map(draw)}</>;
}

function draw(node: Node): ComponentChildren {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return undefined;
  const { className } = node.properties;
  return <span class={Array.isArray(className) ? className.join(" ") : ""}>{node.children.map(draw)}</span>;
}
