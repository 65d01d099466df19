import type { Token, Tokens } from "marked";
import { Component, h } from "preact";
import { LongText } from "../ui/long-text.tsx";
import { CodeBlock } from "./code-block.tsx";
import { Inline } from "./inline.tsx";
import type { Block } from "./split-blocks.ts";

/** Draws a block once: what has not changed is the same object. */
export class BlockView extends Component<{ block: Block }> {
  override shouldComponentUpdate({ block }: { block: Block }): boolean {
    return block !== this.props.block;
  }

  render() {
    const { block } = this.props;
    if (block.kind === "code") return <CodeBlock language={block.language} text={block.text} isOpen={block.isOpen} />;
    if (block.kind === "plain") return <LongText text={block.text} />;
    return <>{block.tokens.map((token) => (isTable(token) ? drawTable(token, block.isOpen) : drawBlock(token)))}</>;
  }
}

function drawBlock(token: Token) {
  switch (token.type) {
    case "space":
    case "def":
      return undefined;
    case "heading":
      // The page has headings of its own above these.
      return h(
        `h${Math.min(6, Number(token["depth"]) + 2)}`,
        { class: `heading-${token["depth"]}` },
        <Inline tokens={inner(token)} />,
      );
    case "paragraph":
      return (
        <p>
          <Inline tokens={inner(token)} />
        </p>
      );
    case "hr":
      return <hr />;
    case "code":
      return <CodeBlock language={String(token["lang"] ?? "")} text={String(token["text"])} isOpen={false} />;
    case "blockquote":
      return <blockquote>{inner(token)?.map(drawBlock)}</blockquote>;
    case "list":
      return isList(token) ? drawList(token) : undefined;
    case "table":
      return isTable(token) ? drawTable(token, false) : undefined;
    case "html":
      return <p class="raw">{token.raw.trim()}</p>;
    case "text":
      return inner(token) === undefined ? token.raw : <Inline tokens={inner(token)} />;
    default:
      return <p>{token.raw}</p>;
  }
}

function inner(token: Token): Token[] | undefined {
  return "tokens" in token ? token.tokens : undefined;
}

function isList(token: Token): token is Tokens.List {
  return token.type === "list" && "items" in token;
}

function isTable(token: Token): token is Tokens.Table {
  return token.type === "table" && "rows" in token;
}

function drawList(list: Tokens.List) {
  const items = list.items.map((item, index) => (
    <li key={index} class={item.task ? "task" : ""}>
      {item.task && (
        <input
          type="checkbox"
          checked={item.checked === true}
          disabled
          aria-label={item.checked === true ? "Done" : "Not done"}
        />
      )}
      {item.tokens.filter(({ type }) => type !== "checkbox").map(drawBlock)}
    </li>
  ));
  if (!list.ordered) return <ul>{items}</ul>;
  return <ol {...(typeof list.start === "number" && { start: list.start })}>{items}</ol>;
}

/** Columns are as wide as their cells have characters, within these bounds. */
const narrowestColumn = 14;
const widestColumn = 30;

/**
 * The widths come from the head and the first row alone, so that they stay as they are while rows arrive; until that row
 * is whole the table waits.
 */
function drawTable({ header, rows }: Tokens.Table, isOpen: boolean) {
  if (isOpen && rows.length < 2) return undefined;
  const widths = header.map(({ text }, column) =>
    Math.min(widestColumn, Math.max(narrowestColumn, text.length, rows[0]?.[column]?.text.length ?? 0)),
  );
  const whole = widths.reduce((sum, width) => sum + width, 0);
  return (
    <div class="table fixed" tabIndex={0} role="region" aria-label="Table">
      <table style={{ minWidth: `${widths.length * 9}rem` }}>
        <colgroup>
          {widths.map((width, column) => (
            <col key={column} style={{ width: `${(width / whole) * 100}%` }} />
          ))}
        </colgroup>
        <thead hidden={header.every(({ text }) => text === "")}>
          <tr>
            {header.map((cell, index) =>
              cell.text === "" ? (
                <td key={index} />
              ) : (
                <th key={index} scope="col" class={cell.align ?? ""}>
                  <Inline tokens={cell.tokens} />
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={cell.align ?? ""}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
