/** What the first bytes of an image say of it. */
export interface ImageFacts {
  type: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** In pixels; undefined where the bytes that say so are missing. */
  size: { width: number; height: number } | undefined;
}

/**
 * Reads what kind of image bytes are, and its size; undefined for what is no image of these kinds. By the first bytes
 * (mimesniff.spec.whatwg.org, "Matching an image type pattern"), whatever else is said of them.
 */
export function readImage(bytes: Uint8Array): ImageFacts | undefined {
  if (startsWith(bytes, "\u0089PNG\r\n\u001a\n")) return { type: "image/png", size: readPngSize(bytes) };
  if (startsWith(bytes, "\u00ff\u00d8\u00ff")) return { type: "image/jpeg", size: readJpegSize(bytes) };
  if (startsWith(bytes, "GIF87a") || startsWith(bytes, "GIF89a"))
    return { type: "image/gif", size: readGifSize(bytes) };
  if (startsWith(bytes, "RIFF") && startsWith(bytes.subarray(8), "WEBPVP8")) {
    return { type: "image/webp", size: readWebpSize(bytes) };
  }
  return undefined;
}

/** Whether bytes start with a text in which each character stands for a byte. */
export function startsWith(bytes: Uint8Array, start: string): boolean {
  for (let index = 0; index < start.length; index++) if (bytes[index] !== start.charCodeAt(index)) return false;
  return true;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** IHDR is the first chunk (w3.org/TR/png, section 11.2.1). */
function readPngSize(bytes: Uint8Array): ImageFacts["size"] {
  if (bytes.length < 24) return undefined;
  return { width: view(bytes).getUint32(16), height: view(bytes).getUint32(20) };
}

function readGifSize(bytes: Uint8Array): ImageFacts["size"] {
  if (bytes.length < 10) return undefined;
  return { width: view(bytes).getUint16(6, true), height: view(bytes).getUint16(8, true) };
}

/** Segments up to the first frame header, SOF0 to SOF15 (ITU T.81, table B.1): 4, 8 and 12 among them are others. */
function readJpegSize(bytes: Uint8Array): ImageFacts["size"] {
  const data = view(bytes);
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) return undefined;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: data.getUint16(at + 7), height: data.getUint16(at + 5) };
    }
    at += 2 + data.getUint16(at + 2);
  }
  return undefined;
}

/** The three forms of a WebP (developers.google.com/speed/webp/docs/riff_container). */
function readWebpSize(bytes: Uint8Array): ImageFacts["size"] {
  if (bytes.length < 30) return undefined;
  const data = view(bytes);
  switch (bytes[15]) {
    case 0x20: // "VP8 "
      return { width: data.getUint16(26, true) & 0x3fff, height: data.getUint16(28, true) & 0x3fff };
    case 0x4c: {
      // "VP8L"
      const bits = data.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 0x58: // "VP8X"
      return {
        width: (data.getUint32(24, true) & 0xffffff) + 1,
        height: (data.getUint16(27, true) | ((bytes[29] ?? 0) << 16)) + 1,
      };
    default:
      return undefined;
  }
}
