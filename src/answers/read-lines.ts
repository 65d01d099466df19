import { joinBytes } from "../protocol/join-bytes.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts bytes into lines, as they come. */
export interface LineReader {
  /**
   * Hands each line the bytes end to `onLine`, without its end, until that returns false.
   * Returns the index of the byte that ended that last line, undefined when every line was wanted.
   */
  read(bytes: Uint8Array, onLine: (line: Uint8Array) => boolean): number | undefined;
}

/**
 * Makes a reader of an event stream's lines: LF, CRLF or CR end one, and a CRLF may be cut in two
 * (html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). What a line has beyond
 * `maxLength` bytes and the piece in which it passes them is dropped.
 */
export function createLineReader(maxLength: number): LineReader {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let afterCarriageReturn = false;

  function keep(piece: Uint8Array): void {
    if (length <= maxLength) pieces.push(piece);
    length += piece.length;
  }

  function takeLine(last: Uint8Array): Uint8Array {
    if (pieces.length === 0) return last;
    keep(last);
    const line = joinBytes(pieces);
    pieces = [];
    length = 0;
    return line;
  }

  return {
    read(bytes, onLine) {
      let start = afterCarriageReturn && bytes[0] === lineFeed ? 1 : 0;
      if (bytes.length > 0) afterCarriageReturn = false;
      // Looked for once and kept: in most streams there is none, and each look goes through all the bytes.
      let nextReturn = bytes.indexOf(carriageReturn, start);
      while (start < bytes.length) {
        const nextFeed = bytes.indexOf(lineFeed, start);
        if (nextReturn !== -1 && nextReturn < start) nextReturn = bytes.indexOf(carriageReturn, start);
        const isReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
        const end = isReturn ? nextReturn : nextFeed;
        if (end === -1) {
          keep(bytes.subarray(start));
          break;
        }
        if (!onLine(takeLine(bytes.subarray(start, end)))) return end;
        start = end + 1;
        if (isReturn && bytes[start] === lineFeed) start += 1;
        else if (isReturn) afterCarriageReturn = start === bytes.length;
      }
      return undefined;
    },
  };
}
