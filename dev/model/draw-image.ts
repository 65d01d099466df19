const size = 64;

/** Draws a stand-in for an image of `prompt`: stripes in two colours that depend on it. PNG as base64. */
export async function drawImage(prompt: string): Promise<string> {
  const colours = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(prompt));
  const [one, other] = [new Uint8Array(colours, 0, 3), new Uint8Array(colours, 3, 3)];
  const rows = new Uint8Array(size * (1 + size * 3));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      // Each row begins with the number of its filter, 0.
      rows.set((x + y) % 16 < 8 ? one : other, y * (1 + size * 3) + 1 + x * 3);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, size);
  view.setUint32(4, size);
  // 8 bits a channel, red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const packed = await new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"))).bytes();
  const chunks = [writeChunk("IHDR", header), writeChunk("IDAT", packed), writeChunk("IEND", new Uint8Array())];
  const png = new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks]);
  return (await png.bytes()).toBase64();
}

/** Length, type, data and checksum (PNG specification, 5.3). */
function writeChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, checksum(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** CRC-32 as PNG has it (PNG specification, annex D). */
function checksum(bytes: Uint8Array): number {
  let sum = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? 0xed_b8_83_20 ^ (sum >>> 1) : sum >>> 1;
  }
  return (sum ^ 0xff_ff_ff_ff) >>> 0;
}
