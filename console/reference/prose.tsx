import { Markdown } from "../markdown/markdown.tsx";

/** A description from the document, which may use Markdown. */
export function Prose({ text }: { text: string }) {
  return text === "" ? undefined : <Markdown text={text} isLive={false} />;
}
