import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawResponse {
  status: number;
  statusText: string;
  /** Names in lower case, in the order received, repeated ones repeated. */
  headers: [string, string][];
  header(name: string): string | undefined;
  /** The decoded body, as far as it came. */
  body: Buffer;
  /** Whether the body reached its announced end: its content-length or its last chunk. */
  complete: boolean;
}

/** One TCP connection that sends what it is told, valid or not. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ending: "end" | "reset" | undefined;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on("end", () => {
      this.#ending ??= "end";
      this.#wake();
    });
    socket.on("error", () => (this.#ending ??= "reset"));
    socket.on("close", () => {
      this.#ending ??= "end";
      this.#wake();
    });
  }

  /** Every byte received and not yet taken by `readResponse`. */
  get received(): Buffer {
    return this.#received;
  }

  /** How the other side ended the connection; undefined while it is open. */
  get ending(): "end" | "reset" | undefined {
    return this.#ending;
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Stops reading, as a slow client does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends a FIN: no more bytes from here, still reading. */
  finish(): void {
    this.#socket.end();
  }

  /** Leaves with a TCP reset, which is what a killed client looks like. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Waits until the bytes received satisfy the test, or the connection has ended. */
  async waitFor(test: (received: Buffer) => boolean): Promise<Buffer> {
    while (!test(this.#received) && this.#ending === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#received;
  }

  /** Waits until `text` was received, or the connection has ended. */
  waitForText(text: string): Promise<Buffer> {
    return this.waitFor((received) => received.includes(text));
  }

  /** Waits until the other side closes. */
  async waitForEnding(): Promise<"end" | "reset"> {
    await this.waitFor(() => false);
    return this.#ending ?? "end";
  }

  /** Takes one whole response off the connection, or as much of it as came before the connection ended. */
  async readResponse(): Promise<RawResponse> {
    await this.waitFor((received) => decodeResponse(received)?.response.complete === true);
    const decoded = decodeResponse(this.#received);
    if (decoded === undefined) throw new Error(`the connection ended (${this.#ending}) before a response's head`);
    this.#received = this.#received.subarray(decoded.length);
    return decoded.response;
  }
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return new RawConnection(socket);
}

/** Writes a request as it goes over the wire. Nothing is added but `Host` and, for a body, its length. */
export function renderRequest({
  method = "POST",
  path = "/v1/responses",
  headers = {},
  body,
}: {
  method?: string;
  path?: string;
  headers?: Record<string, string> | [string, string][];
  body?: string | Uint8Array;
}): Buffer {
  const lines = (Array.isArray(headers) ? headers : Object.entries(headers)).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${path} HTTP/1.1`, "Host: 127.0.0.1", ...length, ...lines, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]);
}

function decodeResponse(bytes: Buffer): { response: RawResponse; length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const [, status = "", statusText = ""] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined => headers.find((entry) => entry[0] === name)?.[1];
  const rest = bytes.subarray(headEnd + 4);
  const { body, complete, length } = decodeBody(rest, Number(status), header);
  return {
    response: { status: Number(status), statusText, headers, header, body, complete },
    length: headEnd + 4 + length,
  };
}

function decodeBody(
  bytes: Buffer,
  status: number,
  header: (name: string) => string | undefined,
): { body: Buffer; complete: boolean; length: number } {
  if (header("transfer-encoding") === "chunked") return decodeChunks(bytes);
  const announced = header("content-length") ?? (status === 204 || status === 304 || status < 200 ? "0" : undefined);
  // Without a length or chunks the end of the connection is the end of the body, so it never counts as complete.
  if (announced === undefined) return { body: bytes, complete: false, length: bytes.length };
  const length = Math.min(Number(announced), bytes.length);
  return { body: bytes.subarray(0, length), complete: bytes.length >= Number(announced), length };
}

function decodeChunks(bytes: Buffer): { body: Buffer; complete: boolean; length: number } {
  const pieces: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", position);
    if (lineEnd === -1) break;
    const size = Number.parseInt(bytes.toString("latin1", position, lineEnd), 16);
    const start = lineEnd + 2;
    if (size === 0) {
      const complete = bytes.length >= start + 2;
      return { body: Buffer.concat(pieces), complete, length: complete ? start + 2 : bytes.length };
    }
    pieces.push(bytes.subarray(start, start + size));
    position = start + size + 2;
    if (position > bytes.length) break;
  }
  return { body: Buffer.concat(pieces), complete: false, length: bytes.length };
}
