import { CopyButton } from "../ui/copy-button.tsx";
import { LongText } from "../ui/long-text.tsx";
import { Highlight } from "./highlight.tsx";

interface CodeBlockProps {
  language: string;
  text: string;
  /** True while it grows. */
  isOpen: boolean;
  /** What it is; its language, unless given. */
  title?: string;
}

/** While code grows it is coloured up to this length, and again once it is whole. */
const longestLive = 4000;
const longestColoured = 20_000;

export function CodeBlock({ language, text, isOpen, title = language || "text" }: CodeBlockProps) {
  const isColoured = text.length <= (isOpen ? longestLive : longestColoured);
  return (
    <figure class="code-block">
      <figcaption>
        <span>{title}</span>
        <CopyButton label="Copy code" text="Copy" read={() => text} />
      </figcaption>
      {text.length > longestColoured ? (
        <LongText text={text} isCode />
      ) : (
        <pre tabIndex={0}>
          {/* Made anew as it grows: colours divide a line differently from one letter to the next. */}
          <code key={isOpen && isColoured ? text.length : "whole"}>
            {isColoured ? <Highlight language={language} text={text} /> : text}
          </code>
        </pre>
      )}
    </figure>
  );
}
