import { describe, expect, it } from "vitest";
import { readJsonObject } from "../../src/http/read-json.ts";
import { parseExact } from "../../src/protocol/exact-json.ts";

const read = (source: string | number[]) =>
  readJsonObject(
    new Uint8Array(typeof source === "string" ? new TextEncoder().encode(source) : source).buffer,
    parseExact,
  );

const nested = (levels: number) => `{"input":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

/** What upstream gets: the binding serialises the document once. */
const sendOn = (source: string) => JSON.stringify(read(source));

describe("readJsonObject", () => {
  it.each([
    '{"input":12345678901234567890}',
    '{"input":-9007199254740993}',
    '{"input":[1,9007199254740993]}',
    '{"input":123456789.5e-400}',
    '{"input":0.1234567890123456789}',
    '{"input":123456789.0123456789}',
    '{"input":1e400}',
    '{"input":-1E-400}',
    '{"input":[[1.00000000000000000001,{"deep":18446744073709551615}]]}',
    '{"__proto__":{"admin":true},"input":"x"}',
    '{"__proto__":{"count":12345678901234567890},"input":"x"}',
    '{"input":"\\ud800 lone","text":"日本語 🎉 \\u0000"}',
    '{"constructor":1,"toString":{"prototype":null},"input":""}',
  ])("sends on %s as it came", (source) => {
    expect(sendOn(source)).toBe(source);
  });

  it.each([
    ['{"input":1.0}', '{"input":1}'],
    ['{"input":5e-324}', '{"input":5e-324}'],
    ['{"input": 9007199254740993}', '{"input":9007199254740993}'],
    ['{"input":[\n\t-1e400]}', '{"input":[-1e400]}'],
    ['{"input":1E2}', '{"input":100}'],
    ['{"input":"a","input":"b"}', '{"input":"b"}'],
    [' \r\n\t{ "input" : "\\u0061\\/" } \n', '{"input":"a/"}'],
  ])("keeps the meaning of %s", (source, sent) => {
    expect(sendOn(source)).toBe(sent);
  });

  it("does not take a long run of digits inside a string for a number", () => {
    expect(sendOn('{"input":"12345678901234567890"}')).toBe('{"input":"12345678901234567890"}');
  });

  it("accepts 1,000 levels of nesting and refuses one more", () => {
    expect(sendOn(nested(1_000))).toBe(nested(1_000));
    expect(() => read(nested(1_001))).toThrow(expect.objectContaining({ status: 400, code: "nesting_too_deep" }));
  });

  it("does not count brackets inside strings as nesting", () => {
    const source = JSON.stringify({ input: `\\"${"[{".repeat(2_000)}\\\\`, other: "\\" });
    expect(sendOn(source)).toBe(source);
  });

  it.each([
    ["", "The request body is empty. Send a JSON object with an `input`."],
    [" \n ", "The request body is empty. Send a JSON object with an `input`."],
    ["{", "The request body is not valid JSON."],
    ['{"input":"x"} trailing', "The request body is not valid JSON."],
    ["{'input':'x'}", "The request body is not valid JSON."],
    ['{"input":NaN}', "The request body is not valid JSON."],
    ['{"input":01}', "The request body is not valid JSON."],
    ["input=hello", "The request body is not valid JSON."],
    ["[]", "The request body must be a JSON object."],
    ["null", "The request body must be a JSON object."],
    ['"text"', "The request body must be a JSON object."],
    ["17", "The request body must be a JSON object."],
    ['\uFEFF{"input":"x"}', "The request body starts with a byte order mark. Leave it out."],
  ])("refuses %j", (source, message) => {
    expect(() => read(source)).toThrow(
      expect.objectContaining({ status: 400, code: "invalid_json", param: "", message }),
    );
  });

  it.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an encoded surrogate", [0xed, 0xa0, 0x80]],
    ["a cut sequence", [0xe2, 0x82]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])("refuses %s", (_what, bytes) => {
    const body = [...new TextEncoder().encode('{"input":"'), ...bytes, ...new TextEncoder().encode('"}')];
    expect(() => read(body)).toThrow(
      expect.objectContaining({ status: 400, code: "invalid_json", message: "The request body is not valid UTF-8." }),
    );
  });

  it("refuses more than 250,000 values without parsing them, wherever they stand", () => {
    const refused = expect.objectContaining({ status: 400, code: "too_many_values" });
    expect(() => read(`{"input":[${"0,".repeat(250_000)}0]}`)).toThrow(refused);
    expect(() => read(`{"input":[${"{},".repeat(250_000)}{}]}`)).toThrow(refused);
    expect(read(`{"input":[${"{},".repeat(200_000)}{}]}`)["input"]).toHaveLength(200_001);
  });

  it("does not take the commas of a text for values", () => {
    const text = ",[{".repeat(300_000);
    expect(read(JSON.stringify({ input: text }))).toEqual({ input: text });
  });
});
