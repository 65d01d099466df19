import { createHash, randomBytes } from "node:crypto";
import { openConnection, type RawConnection, renderRequest } from "./raw-client.ts";

/** What a frame carries (RFC 6455 section 5.2). */
const opcodes = { text: 1, binary: 2, close: 8, ping: 9 } as const;

/** Opens a WebSocket by hand, for clients that do what no library does: leave without a word, or never read. */
export async function openRawSocket(
  port: number,
  { path, headers }: { path: string; headers: Record<string, string> },
): Promise<RawConnection> {
  const key = randomBytes(16).toString("base64");
  const connection = await openConnection(port);
  const handshake = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
  connection.send(
    renderRequest({ method: "GET", path, headers: { ...handshake, "sec-websocket-key": key, ...headers } }),
  );
  const head = (await connection.waitForText("\r\n\r\n")).toString("latin1");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(accept)) throw new Error(`no WebSocket: ${head}`);
  return connection;
}

/** Renders a client's frame: whole, and masked as a client's has to be. */
export function renderFrame(payload: string | Uint8Array, kind: keyof typeof opcodes = "text"): Buffer {
  const bytes = Buffer.from(payload);
  const mask = randomBytes(4);
  const masked = bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([renderHead(opcodes[kind], bytes.length), mask, masked]);
}

function renderHead(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, 0x80 | length]);
  if (length < 65_536) {
    const head = Buffer.from([0x80 | opcode, 0x80 | 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head.writeUInt8(0x80 | opcode, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
