import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readData, readFrames } from "../../public/console/read-frames.js";

async function* cut(text: string, places: readonly number[] = []) {
  let start = 0;
  for (const place of places.map((at) => at % (text.length + 1)).toSorted((left, right) => left - right)) {
    yield text.slice(start, place);
    start = place;
  }
  yield text.slice(start);
}

async function collect(text: string, places?: readonly number[]) {
  return Array.fromAsync(readFrames(cut(text, places)));
}

describe("readFrames", () => {
  it.each([
    ["line feeds", "event: a\ndata: 1\n\ndata: 2\n\n", ["event: a\ndata: 1\n\n", "data: 2\n\n"]],
    ["both", "data: 1\r\n\r\ndata: 2\r\n\r\n", ["data: 1\r\n\r\n", "data: 2\r\n\r\n"]],
    ["a mixture", "data: 1\n\r\ndata: 2\r\n\n", ["data: 1\n\r\n", "data: 2\r\n\n"]],
    ["comments", ": keep-alive\n\ndata: [DONE]\n\n", [": keep-alive\n\n", "data: [DONE]\n\n"]],
    ["no end", "data: 1\n\ndata: 2", ["data: 1\n\n", "data: 2"]],
    ["nothing", "", []],
  ])("cuts a stream with %s", async (_what, text, frames) => {
    expect(await collect(text)).toEqual(frames);
  });

  it("gives the same frames wherever the bytes are cut, and loses none", async () => {
    const line = fc.constantFrom("data: x\n", "event: y\r\n", "\n", "\r\n", ": z\n", "data: é😀\r\n");
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, places) => {
        const text = lines.join("");
        const frames = await collect(text, places);
        expect(frames.join("")).toBe(text);
        expect(frames).toEqual(await collect(text));
      }),
      { numRuns: 200 },
    );
  });
});

describe("readData", () => {
  it.each([
    ["event: a\ndata: {}\n\n", "{}"],
    ["data:1\r\ndata: 2\r\n\r\n", "1\n2"],
    [": comment\n\n", ""],
    ["data:  spaced\n\n", " spaced"],
  ])("of %j is %j", (frame, data) => {
    expect(readData(frame)).toBe(data);
  });
});
