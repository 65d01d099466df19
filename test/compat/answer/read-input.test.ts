import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputReader } from "../../../src/compat/answer/read-input.ts";

/** Reads the pieces and gives what came of each, the end's last. */
function read(...pieces: string[]): string[] {
  const reader = new InputReader();
  return [...pieces.map((piece) => reader.read(piece)), reader.end()];
}

describe("InputReader", () => {
  it.each([
    ["the text as it arrives", ['{"in', 'put": "ls', " -la", '"}'], ["", "ls", " -la", "", ""]],
    ["escapes, never half of one", ['{"input":"a\\', "n\\u00", 'e9\\"'], ["a", "\n", 'é"', ""]],
    ["a surrogate pair whole", ['{"input":"\\ud83d', "\\", "u", "de00!", '"}'], ["", "", "", "😀!", "", ""]],
    ["a lone surrogate that another escape follows", ['{"input":"\\ud83d', "\\nx"], ["", "\ud83d\nx", ""]],
    ["line ends that should have been escaped", ['{"input":"a\nb\\t', 'c\n"}'], ["a\nb\t", "c\n", ""]],
    ["escapes that JSON doesn't know", ['{"input":"\\d+\\\\\\q \\uzzzz"}'], ["\\d+\\\\q \\uzzzz", ""]],
    ["white space around it", [' {\n "input"', ' : "x"', " }"], ["", "x", "", ""]],
    ["nothing after the closing quote", ['{"input":"x","other":"y"}', "z"], ["x", "", ""]],
    ["an input behind other keys, at the end", ['{"a":1,"inp', 'ut":"x"}'], ["", "", "x"]],
    ["what isn't JSON as it is", ["*** Begin", " Patch"], ["", "", "*** Begin Patch"]],
    ["other JSON as it is", ['{"cmd":', '"ls"}'], ["", "", '{"cmd":"ls"}']],
    [
      "the patch in what Codex's tool took before",
      ['{"command":["apply_patch","*** Begin', ' Patch\\n*** End Patch"]}'],
      ["", "", "*** Begin Patch\n*** End Patch"],
    ],
    ["an empty object as no input", ["{}"], ["", ""]],
    ["no arguments as no input", [], [""]],
  ])("gives %s", (_what, pieces, given) => {
    expect(read(...pieces)).toEqual(given);
  });

  it.each([
    ["a whole input", ['{"input":"x"'], true],
    ["an input that is cut off", ['{"input":"x'], false],
    ["an input behind other keys", ['{"a":1,"input":"x"}'], true],
    ["a bare text", ["x"], false],
    ["the beginning of an opening", ['{"in'], false],
  ])("knows whether %s is complete", (_what, pieces, complete) => {
    const reader = new InputReader();
    for (const piece of pieces) reader.read(piece);
    reader.end();
    expect(reader.complete).toBe(complete);
  });

  it("gives any text back wherever its JSON is cut, with no surrogate pair torn", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.boolean(),
        fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
        (input, escaped, cuts) => {
          const plain = JSON.stringify({ input });
          const json = escaped
            ? plain.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
            : plain;
          const places = [
            0,
            ...cuts.map((cut) => cut % json.length).toSorted((one, other) => one - other),
            json.length,
          ];
          const pieces = places.slice(1).map((end, index) => json.slice(places[index], end));
          // The model's pieces are whole characters.
          const whole = pieces.every((piece) => piece.isWellFormed());
          const given = read(...pieces);
          expect(given.join("")).toBe(input);
          if (whole) expect(given.every((piece) => piece.isWellFormed())).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
