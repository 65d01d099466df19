/** A line end, which is never the first half of another one. */
const blankLine = /(?:\r\n|\n|\r(?!\n)){2}/g;

/**
 * Cuts a text that arrives in pieces into the frames of an event stream, each with the blank line that ends it: joined
 * again they are what came, byte for byte. What is left at the end comes as a last frame.
 * @param {AsyncIterable<string>} pieces
 * @returns {AsyncGenerator<string, void>}
 */
export async function* readFrames(pieces) {
  let pending = "";
  for await (const piece of pieces) {
    pending += piece;
    let start = 0;
    for (const match of pending.matchAll(blankLine)) {
      const end = match.index + match[0].length;
      // A carriage return at the end may be half of a line end.
      if (end === pending.length && pending.endsWith("\r")) break;
      yield pending.slice(start, end);
      start = end;
    }
    pending = pending.slice(start);
  }
  if (pending !== "") yield pending;
}

/**
 * The data of a frame; `""` for a comment.
 * @param {string} frame
 */
export function readData(frame) {
  return frame
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5))
    .join("\n");
}
