import { lexer, type Token } from "marked";
import { readText } from "../api/json.ts";
import { closeInline } from "./close-inline.ts";

/** A stretch of the text that is shown by itself. Once it is followed by another it never changes again. */
export type Block =
  | { kind: "tokens"; tokens: readonly Token[]; isOpen: boolean }
  | { kind: "code"; language: string; text: string; isOpen: boolean }
  /** Too long or too deep to be read as Markdown: shown as it is. */
  | { kind: "plain"; text: string };

/** A block longer than this is not read as Markdown: nobody writes such a paragraph, and emphasis in it takes too long. */
const longestBlock = 8000;
/** The lexer looks for an address at each letter of a word: its time grows with the square of the length. */
const longestWord = /\S{1000}/;
/** Quotes in quotes, lists in lists: the lexer calls itself for each. No two ways to read a line, so that it is read once. */
const tooDeep = /^(?: {0,3}>[ \t]?){12}|^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])[ \t])){40}/m;

const fenceStart = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*(?:\n|$)/;

/**
 * Cuts a growing Markdown text into blocks. What is finished is kept as the same object, so that a view draws it once;
 * only the last few blocks are read again as the text grows. Pure but for what it remembers.
 */
export class BlockSplitter {
  readonly #finished: Block[] = [];
  /** Where the part begins that is not finished. */
  #offset = 0;
  #text = "";

  /**
   * Takes the text as it is now. `isEnd` says that it will not grow. `mayGoOn` is asked between blocks: a long text can
   * be read in several calls, with `isComplete` false until the last.
   */
  read(text: string, isEnd: boolean, mayGoOn: () => boolean = () => true) {
    if (!text.startsWith(this.#text.slice(0, this.#offset))) {
      this.#finished.length = 0;
      this.#offset = 0;
    }
    this.#text = text;
    let open: Block[] = [];
    let hasStopped = false;
    while (this.#offset < text.length) {
      const before = this.#offset;
      open = this.#step(text, isEnd);
      hasStopped = this.#offset === before;
      if (hasStopped || !mayGoOn()) break;
    }
    const isComplete = hasStopped || this.#offset >= text.length;
    return { finished: this.#finished, open: isComplete ? open : [], isComplete };
  }

  /** Finishes what can be finished at the offset; returns the blocks of what is left open. */
  #step(text: string, isEnd: boolean): Block[] {
    const window = text.slice(this.#offset, this.#offset + longestBlock * 2);
    const fence = fenceStart.exec(window);
    if (fence !== null) return this.#readFence(text, fence, isEnd);
    const nextFence = /\n(?= {0,3}(?:`{3,}|~{3,}))/.exec(window);
    const upToFence = nextFence === null ? window : window.slice(0, nextFence.index + 1);
    // A list may hold fences of its own, and would be torn by one.
    const upToEnd = startsList(window) ? window : upToFence;
    const longRun = longestWord.exec(upToEnd);
    const runLine = longRun === null ? undefined : upToEnd.lastIndexOf("\n", longRun.index) + 1;
    if (runLine === 0 || tooDeep.test(upToEnd)) return this.#finishPlain(upToEnd);
    const part = upToEnd.slice(0, runLine);
    const isWhole = part.length < window.length || this.#offset + part.length >= text.length;
    return this.#readMarkdown(part, { isWhole, isEnd: isWhole && (isEnd || part.length < window.length) });
  }

  #readMarkdown(part: string, { isWhole, isEnd }: { isWhole: boolean; isEnd: boolean }): Block[] {
    const tokens = lexer(isEnd ? part : closeInline(part));
    const [first] = tokens;
    if (!isWhole && (first?.raw.length ?? 0) > longestBlock) return this.#finishPlain(part);
    // The last two may still change: a line beneath makes a heading of a paragraph, or a list of it a looser one.
    const last = tokens.findLastIndex(({ type }) => type !== "space");
    const keep = isEnd ? tokens.length : Math.max(0, last - 1);
    if (keep === 0 && !isWhole) return this.#finishPlain(part);
    for (const token of tokens.slice(0, keep)) {
      if (token.type !== "space") this.#push(blockOf(token, false));
      this.#offset += token.raw.length;
    }
    return isWhole ? tokens.slice(keep, last + 1).map((token) => blockOf(token, true)) : [];
  }

  #finishPlain(part: string): Block[] {
    const end = part.lastIndexOf("\n", longestBlock);
    const text = part.slice(0, end > 0 ? end + 1 : longestBlock);
    this.#push({ kind: "plain", text });
    this.#offset += text.length;
    return [];
  }

  /** Plain text that goes on is one block, of which a view shows the beginning. */
  #push(block: Block): void {
    const before = this.#finished.at(-1);
    if (block.kind === "plain" && before?.kind === "plain") {
      this.#finished[this.#finished.length - 1] = { kind: "plain", text: before.text + block.text };
    } else {
      this.#finished.push(block);
    }
  }

  /** A fence is found by its own end, however far that is. */
  #readFence(text: string, fence: RegExpExecArray, isEnd: boolean): Block[] {
    const [opening, mark = "```", language = ""] = fence;
    const start = this.#offset + opening.length;
    const closing = new RegExp(`(?:^|\\n) {0,3}${mark}[ \\t]*(?:\\n|$)`, "g");
    closing.lastIndex = Math.max(0, start - 1);
    const end = opening.endsWith("\n") ? closing.exec(text) : null;
    if (end === null) {
      if (!isEnd) return [{ kind: "code", language, text: text.slice(start), isOpen: true }];
      this.#finished.push({ kind: "code", language, text: withoutEnd(text.slice(start)), isOpen: false });
      this.#offset = text.length;
      return [];
    }
    this.#finished.push({
      kind: "code",
      language,
      text: withoutEnd(text.slice(start, Math.max(start, end.index))),
      isOpen: false,
    });
    this.#offset = end.index + end[0].length;
    return [];
  }
}

function startsList(text: string): boolean {
  return /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]/.test(text);
}

function blockOf(token: Token, isOpen: boolean): Block {
  if (token.type === "code") {
    return { kind: "code", language: readText(token["lang"]), text: withoutEnd(readText(token["text"])), isOpen };
  }
  if (token.raw.length > longestBlock) return { kind: "plain", text: token.raw };
  return { kind: "tokens", tokens: [token], isOpen };
}

/** Blank lines at the end of code are not shown. */
function withoutEnd(code: string): string {
  return code.replace(/\n+$/, "");
}
