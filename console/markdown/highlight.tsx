import { signal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import type { lowlight } from "./highlighter.ts";

type Lowlight = typeof lowlight;
type Node = ReturnType<Lowlight["highlight"]>["children"][number];

const loaded = signal<Lowlight | undefined>(undefined);
let isLoading = false;

/** Fetches the highlighter, once: with the first code, or before, when the page has nothing else to do. */
export function loadHighlighter(): void {
  if (isLoading) return;
  isLoading = true;
  void import("./highlighter.ts").then((highlighter) => (loaded.value = highlighter.lowlight));
}

/** Colours code; plain text for a language nobody knows, and until the highlighter is there. */
export function Highlight({ language, text }: { language: string; text: string }) {
  loadHighlighter();
  const highlighter = loaded.value;
  const name = language.toLowerCase();
  if (highlighter === undefined || !highlighter.registered(name)) return <Fragment key="plain">{text}</Fragment>;
  return <Fragment key="coloured">{highlighter.highlight(name, text).children.map(draw)}</Fragment>;
}

function draw(node: Node): ComponentChildren {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return undefined;
  const { className } = node.properties;
  return <span class={Array.isArray(className) ? className.join(" ") : ""}>{node.children.map(draw)}</span>;
}
