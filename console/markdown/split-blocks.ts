import { lexer, type Token } from "marked";

/** A stretch of the text that is shown by itself. Once it is followed by another it never changes again. */
export type Block =
  | { kind: "tokens"; tokens: readonly Token[] }
  | { kind: "code"; language: string; text: string; isOpen: boolean }
  /** Too long to be read as Markdown: shown as it is. */
  | { kind: "plain"; text: string };

/** Characters that one call of `read` takes in at most, so that a huge text leaves the page its time to paint. */
const stride = 32_000;
/** A block longer than this is not read as Markdown: nobody writes such a paragraph, and emphasis in it takes too long. */
const longestBlock = 8000;

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

  /** Takes the text as it is now. `isComplete` is false while a part of a long text waits for the next call. */
  read(text: string, isEnd: boolean): { blocks: readonly Block[]; isComplete: boolean } {
    if (!text.startsWith(this.#text.slice(0, this.#offset))) {
      this.#finished.length = 0;
      this.#offset = 0;
    }
    this.#text = text;
    const limit = this.#offset + stride;
    let open: Block[] = [];
    while (this.#offset < Math.min(text.length, limit)) {
      const before = this.#offset;
      open = this.#step(text, isEnd);
      if (this.#offset === before) break;
    }
    return { blocks: [...this.#finished, ...open], isComplete: this.#offset >= text.length || open.length > 0 };
  }

  /** Finishes what can be finished at the offset; returns the blocks of what is left open. */
  #step(text: string, isEnd: boolean): Block[] {
    const window = text.slice(this.#offset, this.#offset + longestBlock * 2);
    const fence = fenceStart.exec(window);
    if (fence !== null) return this.#readFence(text, fence, isEnd);
    const nextFence = /\n(?= {0,3}(?:`{3,}|~{3,}))/.exec(window);
    const upToFence = nextFence === null ? window : window.slice(0, nextFence.index + 1);
    // A list may hold fences of its own, and would be torn by one.
    const part = startsList(window) ? window : upToFence;
    const isWhole = part.length < window.length || this.#offset + part.length >= text.length;
    return this.#readMarkdown(part, isWhole, isEnd || part.length < window.length);
  }

  #readMarkdown(part: string, isWhole: boolean, isEnd: boolean): Block[] {
    const tokens = lexer(part, { gfm: true });
    const [first] = tokens;
    if (!isWhole && (first?.raw.length ?? 0) > longestBlock) return this.#finishPlain(part);
    // The last two may still change: a line beneath makes a heading of a paragraph, or a list of it a looser one.
    const keep =
      isEnd && isWhole ? tokens.length : Math.max(0, tokens.findLastIndex(({ type }) => type !== "space") - 1);
    const finished = tokens.slice(0, keep);
    for (const token of finished) this.#finished.push(blockOf(token));
    this.#offset += finished.reduce((length, { raw }) => length + raw.length, 0);
    if (finished.length === 0 && !isWhole) return this.#finishPlain(part);
    return finished.length > 0 && !isWhole ? [] : tokens.slice(keep).map(blockOf);
  }

  #finishPlain(part: string): Block[] {
    const end = part.lastIndexOf("\n", longestBlock);
    const text = part.slice(0, end > 0 ? end + 1 : longestBlock);
    this.#finished.push({ kind: "plain", text });
    this.#offset += text.length;
    return [];
  }

  /** A fence is found by its own end, however far that is. */
  #readFence(text: string, fence: RegExpExecArray, isEnd: boolean): Block[] {
    const [opening, mark = "```", language = ""] = fence;
    const start = this.#offset + opening.length;
    const closing = new RegExp(`(?:^|\\n) {0,3}${mark}[ \\t]*(?:\\n|$)`, "g");
    closing.lastIndex = Math.max(0, start - 1);
    const end = opening.endsWith("\n") ? closing.exec(text) : null;
    if (end === null) {
      const block: Block = { kind: "code", language, text: text.slice(start), isOpen: !isEnd };
      if (!isEnd) return [block];
      this.#finished.push(block);
      this.#offset = text.length;
      return [];
    }
    this.#finished.push({ kind: "code", language, text: text.slice(start, Math.max(start, end.index)), isOpen: false });
    this.#offset = end.index + end[0].length;
    return [];
  }
}

function startsList(text: string): boolean {
  return /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]/.test(text);
}

function blockOf(token: Token): Block {
  if (token.raw.length > longestBlock) return { kind: "plain", text: token.raw };
  return { kind: "tokens", tokens: [token] };
}
