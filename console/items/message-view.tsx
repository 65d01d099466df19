import { readMessage } from "../chat/entry.ts";
import { Citations, readCitations } from "../markdown/citations.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { Markdown } from "../markdown/markdown.tsx";
import { hostOf, readLink } from "../markdown/safe-link.ts";
import { indentJson } from "../ui/format.ts";
import type { ItemProps } from "./item-view.tsx";
import { SchemaVerdict } from "./schema-verdict.tsx";

/** What the model says: Markdown, or JSON where the request asked for that. */
export function MessageView({ entry, turn, isLive }: ItemProps) {
  const text = readMessage(entry.item);
  const { format } = turn;
  if (format !== undefined) {
    return (
      <div class={`message${isLive ? " live" : ""}`}>
        <CodeBlock language="json" text={isLive ? text : indentJson(text)} isOpen={isLive} />
        {!isLive && <SchemaVerdict text={text} format={format} />}
      </div>
    );
  }
  const citations = readCitations(entry.item);
  return (
    <div class={`message${isLive ? " live" : ""}`}>
      <Citations.Provider value={citations}>
        <Markdown text={text} isLive={isLive} />
      </Citations.Provider>
      {citations.size > 0 && !isLive && <Sources citations={[...citations.values()]} />}
    </div>
  );
}

function Sources({ citations }: { citations: { number: number; url: string; title: string }[] }) {
  return (
    <section class="sources" aria-label="Sources">
      {citations.map(({ number, url, title }) => {
        const address = readLink(url);
        if (address === undefined) return undefined;
        return (
          <a key={url} href={address.href} target="_blank" rel="noopener noreferrer" class="source">
            <span class="source-number">{number}</span>
            <span class="source-title">{title}</span>
            <span class="source-host">{hostOf(address)}</span>
          </a>
        );
      })}
    </section>
  );
}
