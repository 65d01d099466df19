import { describe, expect, it } from "vitest";
import { estimateImage } from "../../src/compat/request/estimate-image.ts";
import { readImage } from "../../src/files/read-image.ts";

function bytes(...pieces: (string | number[])[]): Uint8Array {
  return Uint8Array.from(
    pieces.flatMap((piece) => (typeof piece === "string" ? Array.from(piece, (one) => one.charCodeAt(0)) : piece)),
  );
}

const png = bytes("\u0089PNG\r\n\u001a\n", [0, 0, 0, 13], "IHDR", [0, 0, 4, 0, 0, 0, 2, 0]);

describe("readImage", () => {
  it.each([
    ["a PNG", png, "image/png", { width: 1_024, height: 512 }],
    ["a GIF", bytes("GIF89a", [7, 0, 9, 1]), "image/gif", { width: 7, height: 265 }],
    [
      "a JPEG whose frame comes after other segments",
      bytes([
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 11, 8, 1, 0, 2, 0, 1, 0, 0, 0,
      ]),
      "image/jpeg",
      { width: 512, height: 256 },
    ],
    [
      "a lossy WebP",
      bytes("RIFF", [0, 0, 0, 0], "WEBPVP8 ", [0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0]),
      "image/webp",
      { width: 320, height: 240 },
    ],
    [
      "a lossless WebP",
      bytes("RIFF", [0, 0, 0, 0], "WEBPVP8L", [0, 0, 0, 0, 0x2f, 0x3f, 0xc1, 0x3b, 0, 0, 0, 0, 0, 0]),
      "image/webp",
      { width: 320, height: 240 },
    ],
    [
      "an extended WebP",
      bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0]),
      "image/webp",
      { width: 320, height: 240 },
    ],
    ["a PNG that is cut off", bytes("\u0089PNG\r\n\u001a\n"), "image/png", undefined],
    ["a JPEG without a frame", bytes([0xff, 0xd8, 0xff, 0xd9]), "image/jpeg", undefined],
  ])("reads kind and size of %s", (_title, data, type, size) => {
    expect(readImage(data)).toEqual({ type, size });
  });

  it.each([
    ["text", bytes("hello")],
    ["nothing", bytes()],
    ["a recording", bytes("RIFF", [0, 0, 0, 0], "WAVE")],
  ])("knows that %s is no image", (_title, data) => {
    expect(readImage(data)).toBeUndefined();
  });
});

function estimate(url: string): number {
  return estimateImage({ type: "image_url", image_url: { url } });
}

describe("estimateImage", () => {
  it("counts patches of 28 pixels", () => {
    expect(estimate(`data:image/png;base64,${png.toBase64()}`)).toBe(37 * 19);
  });

  it("has a bound, and a usual count for what it can't read", () => {
    const large = bytes("\u0089PNG\r\n\u001a\n", [0, 0, 0, 13], "IHDR", [0, 0, 64, 0, 0, 0, 64, 0]);
    expect(estimate(`data:image/png;base64,${large.toBase64()}`)).toBe(4_096);
    expect([estimate("data:image/png;base64,?"), estimate("data:,")]).toEqual([1_024, 1_024]);
  });
});
