import { describe, expect, it } from "vitest";
import { decodeText } from "../../src/files/decode-text.ts";
import { readDataUrl } from "../../src/files/read-data-url.ts";

describe("readDataUrl", () => {
  it.each([
    ["data:text/plain;base64,SGk=", "text/plain", undefined, "Hi"],
    ['DATA:Text/Plain;Charset="UTF-8";BASE64,SGk', "text/plain", "utf-8", "Hi"],
    ["data:;base64,SG\nk=", "", undefined, "Hi"],
    ["data:,50%25%20off%zz", "", undefined, "50% off%zz"],
    ["data:text/plain;charset=utf-8,%C3%A4%C3", "text/plain", "utf-8", "ä\ufffd"],
    ["SGk=", "", undefined, "Hi"],
  ])("reads %s", (url, mediaType, charset, text) => {
    const read = readDataUrl(url, "x");
    expect({ ...read, bytes: new TextDecoder().decode(read.bytes) }).toEqual({ mediaType, charset, bytes: text });
  });
});

describe("decodeText", () => {
  const be = Uint8Array.of(0, 0x48, 0, 0x69, 0, 0x21);

  it.each([
    ["UTF-8 behind a mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x48), undefined, { text: "H", guessed: undefined }],
    ["UTF-16, big end first", be, undefined, { text: "Hi!", guessed: undefined }],
    ["the same behind a mark", Uint8Array.of(0xfe, 0xff, 0, 0x48), undefined, { text: "H", guessed: undefined }],
    ["a charset that is said", Uint8Array.of(0xc0), "koi8-r", { text: "ю", guessed: undefined }],
    ["no charset", Uint8Array.of(0x80, 0x35), undefined, { text: "€5", guessed: "windows-1252" }],
    ["colours of a terminal", Uint8Array.of(0x1b, 0x5b, 0x6d), undefined, { text: "\u001b[m", guessed: undefined }],
    ["zeros", Uint8Array.of(0x48, 0, 0), undefined, undefined],
    ["control characters", Uint8Array.of(0xff, 1), undefined, undefined],
    ["bytes that are not of the charset", Uint8Array.of(0xff), "utf-8", undefined],
  ])("of %s", (_title, bytes, charset, decoded) => {
    expect(decodeText(bytes, charset)).toEqual(decoded);
  });
});
