import { joinBytes } from "../streams/read-whole.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts the bytes of an event stream into its frames: an event with the empty line that ends it. */
export interface FrameSplitter {
  /** The frames that these bytes end, in order, their bytes unchanged. */
  push(bytes: Uint8Array): Uint8Array[];
  /** What has come of a frame that has no end yet; it is taken away. */
  rest(): Uint8Array;
  /** How many bytes that is. */
  readonly pending: number;
}

/**
 * Makes a splitter. LF, CRLF or CR end a line, and a CRLF may be cut in two
 * (html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). A line feed that comes alone after a
 * frame that a carriage return ended begins the next frame, where it is an empty line.
 */
export function createFrameSplitter(): FrameSplitter {
  let pieces: Uint8Array[] = [];
  let pending = 0;
  /** Whether nothing has come of the line that the next byte belongs to. */
  let isLineEmpty = true;
  /** Whether anything but empty lines has come of the frame. */
  let hasContent = false;
  let afterCarriageReturn = false;

  function hold(piece: Uint8Array): void {
    if (piece.length === 0) return;
    pieces.push(piece);
    pending += piece.length;
  }
  function rest(): Uint8Array {
    const [only] = pieces;
    const frame = pieces.length === 1 && only !== undefined ? only : joinBytes(pieces);
    pieces = [];
    pending = 0;
    hasContent = false;
    return frame;
  }
  return {
    push(bytes) {
      const frames: Uint8Array[] = [];
      let start = 0;
      let position = 0;
      // Looked for once and kept: in most streams there is none, and each look goes through all the bytes.
      let nextReturn = bytes.indexOf(carriageReturn);
      while (position < bytes.length) {
        if (afterCarriageReturn && bytes[position] === lineFeed) {
          afterCarriageReturn = false;
          position += 1;
          continue;
        }
        afterCarriageReturn = false;
        const nextFeed = bytes.indexOf(lineFeed, position);
        if (nextReturn !== -1 && nextReturn < position) nextReturn = bytes.indexOf(carriageReturn, position);
        const isReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
        const end = isReturn ? nextReturn : nextFeed;
        if (end === -1) {
          isLineEmpty = false;
          hasContent = true;
          break;
        }
        const isBlank = isLineEmpty && end === position;
        if (!isBlank) hasContent = true;
        isLineEmpty = true;
        position = end + 1;
        afterCarriageReturn = isReturn;
        if (isReturn && bytes[position] === lineFeed) {
          afterCarriageReturn = false;
          position += 1;
        }
        if (!isBlank || !hasContent) continue;
        hold(bytes.subarray(start, position));
        frames.push(rest());
        start = position;
      }
      hold(bytes.subarray(start));
      return frames;
    },
    rest,
    get pending() {
      return pending;
    },
  };
}
