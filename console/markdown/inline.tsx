import { ExternalLink } from "lucide";
import type { Token } from "marked";
import type { ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { Citations } from "./citations.ts";
import { hostOf, readLink } from "./safe-link.ts";

/** Draws inline Markdown. HTML in it stays text: nothing here parses markup. */
export function Inline({ tokens }: { tokens: readonly Token[] | undefined }) {
  return <>{tokens?.map(drawInline)}</>;
}

function drawInline(token: Token): ComponentChildren {
  const children = "tokens" in token && token.tokens !== undefined ? <Inline tokens={token.tokens} /> : undefined;
  switch (token.type) {
    case "strong":
      return <strong>{children}</strong>;
    case "em":
      return <em>{children}</em>;
    case "del":
      return <del>{children}</del>;
    case "codespan":
      return <code>{textOf(token)}</code>;
    case "br":
      return <br />;
    case "link":
      return (
        <Link href={String(token["href"])} text={textOf(token)}>
          {children}
        </Link>
      );
    case "image":
      // Fetching it would tell another server that this answer is being read.
      return (
        <Link href={String(token["href"])} text={textOf(token)}>
          {textOf(token) || "Image"}
        </Link>
      );
    case "escape":
      return textOf(token);
    default:
      return children ?? (token.type === "text" ? textOf(token) : token.raw);
  }
}

/** marked escapes nothing in `text` of the lexer's tokens. */
function textOf(token: Token): string {
  return "text" in token ? String(token.text) : token.raw;
}

function Link({ href, text, children }: { href: string; text: string; children: ComponentChildren }) {
  const citation = useContext(Citations).get(href);
  const url = readLink(href);
  if (url === undefined) return <>{children}</>;
  const isBare = text === href || `mailto:${text}` === href;
  return (
    <a
      href={url.href}
      target="_blank"
      rel="noopener noreferrer"
      class={citation === undefined ? "" : "citation"}
      title={citation?.title ?? url.href}
    >
      {isBare && citation !== undefined ? hostOf(url) : children}
      {citation === undefined ? <Icon node={ExternalLink} size={12} /> : <sup>{citation.number}</sup>}
    </a>
  );
}
