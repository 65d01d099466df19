import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeInline } from "../../console/markdown/close-inline.ts";
import { readLink } from "../../console/markdown/safe-link.ts";
import { type Block, BlockSplitter } from "../../console/markdown/split-blocks.ts";

function read(text: string): Block[] {
  const { finished, open, isComplete } = new BlockSplitter().read(text, true);
  expect(isComplete).toBe(true);
  return [...finished, ...open];
}

const kinds = (blocks: readonly Block[]) =>
  blocks.map((block) => (block.kind === "tokens" ? block.tokens.map(({ type }) => type).join() : block.kind));

/** Whether a block may still grow is not what it is. */
function withoutOpen(blocks: readonly Block[]): string {
  return JSON.stringify(blocks, (key, value: unknown) => (key === "isOpen" ? undefined : value));
}

describe("BlockSplitter", () => {
  it("cuts Markdown into its blocks", () => {
    const text =
      "# Title\n\nA paragraph.\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nlet a;\n```\n\nEnd.";
    expect(kinds(read(text))).toEqual(["heading", "paragraph", "list", "table", "code", "paragraph"]);
  });

  it("keeps code in a list with the list", () => {
    expect(kinds(read("1. one\n\n   ```sh\n   ls\n   ```\n\n2. two\n"))).toEqual(["list"]);
  });

  it("shows code that is not closed yet as open, and reads on behind its end", () => {
    const splitter = new BlockSplitter();
    expect(splitter.read("```py\nprint(", false).open).toEqual([
      { kind: "code", language: "py", text: "print(", isOpen: true },
    ]);
    const { finished, open } = splitter.read("```py\nprint(1)\n```\nDone", false);
    expect(finished).toEqual([{ kind: "code", language: "py", text: "print(1)", isOpen: false }]);
    expect(kinds(open)).toEqual(["paragraph"]);
  });

  it("draws no finished block twice, and ends with the same blocks however the text came", () => {
    const piece = fc.constantFrom(
      "# A\n\n",
      "word ",
      "**b** ",
      "\n\n",
      "- item\n",
      "| a |\n| - |\n| 1 |\n",
      "```\ncode\n```\n",
      "> q\n",
      "`c`",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const splitter = new BlockSplitter();
        let text = "";
        let before: readonly Block[] = [];
        for (const next of pieces) {
          text += next;
          const { finished } = splitter.read(text, false);
          for (const [index, block] of before.entries()) expect(finished[index]).toBe(block);
          before = [...finished];
        }
        const { finished, open } = splitter.read(text, true);
        expect(withoutOpen([...finished, ...open])).toBe(withoutOpen(read(text)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["a long line", "x".repeat(100_000)],
    ["marks without end", "*_`[".repeat(25_000)],
    ["quotes in quotes", `${">".repeat(3000)} deep\n`],
    ["a huge table", `| a |\n| - |\n${"| 1 |\n".repeat(5000)}`],
  ])("shows %s as it is, and loses nothing of it", (_what, text) => {
    const blocks = read(text);
    const plain = blocks
      .map((block) => (block.kind === "tokens" ? block.tokens.map(({ raw }) => raw).join("") : block.text))
      .join("");
    expect(plain.replaceAll("\n", "")).toBe(text.replaceAll("\n", ""));
    expect(blocks.some(({ kind }) => kind === "plain")).toBe(true);
  });

  it("can be read in several calls", () => {
    const splitter = new BlockSplitter();
    const text = "One.\n\n".repeat(20_000);
    let calls = 0;
    while (!splitter.read(text, true, () => false).isComplete) calls += 1;
    expect(calls).toBeGreaterThan(3);
    expect(splitter.read(text, true).finished).toHaveLength(20_000);
  });
});

describe("closeInline", () => {
  it.each([
    ["a **bold", "a **bold**"],
    ["a **bold*", "a **bold**"],
    ["an *emph", "an *emph*"],
    ["some `code", "some `code`"],
    ["see [the docs](https://exa", "see the docs"],
    ["see [the docs", "see the docs"],
    ["see [the docs]", "see the docs"],
    ["- [", "- "],
    ["a **", "a "],
    ["done **bold** and `code`", "done **bold** and `code`"],
    ["* a list", "* a list"],
    ["**first**\nsecond *word", "**first**\nsecond *word*"],
  ])("of %j is %j", (text, closed) => {
    expect(closeInline(text)).toBe(closed);
  });
});

describe("readLink", () => {
  it.each(["https://a.example/b?c=d", "http://a.example/", "mailto:a@b.example"])("follows %s", (href) => {
    expect(readLink(href)?.href).toBe(href);
  });

  it.each([
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "file:///etc",
    "//a.example",
    "/v1",
    "a b",
    "blob:https://a/b",
    "vbscript:x",
  ])("does not follow %s", (href) => {
    expect(readLink(href)).toBeUndefined();
  });
});
