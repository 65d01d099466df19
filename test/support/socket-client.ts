/** A frame of the server's, parsed. */
export interface Frame {
  [field: string]: unknown;
  type: string;
}

/** How a connection ended. */
export interface Closed {
  code: number;
  reason: string;
}

/** A client of WebSocket mode: Node's own WebSocket, with what came in a queue. */
export class SocketClient {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => {};
  #end: Closed | undefined;
  /** Settles when the connection has ended. */
  readonly closed: Promise<Closed>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    socket.addEventListener("message", ({ data }) => {
      this.#frames.push(JSON.parse(String(data)) as Frame);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#end = { code, reason };
      resolve(this.#end);
      this.#wake();
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Sends an object as JSON, a text or bytes as they are. */
  send(frame: object | string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  /** The next frame, now or when it comes. Throws when the connection ends before. */
  async next(): Promise<Frame> {
    while (this.#frames.length === 0) {
      if (this.#end !== undefined) throw new Error(`closed with ${this.#end.code} ${this.#end.reason}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const [frame] = this.#frames.splice(0, 1);
    if (frame === undefined) throw new Error("no frame");
    return frame;
  }

  /** The frames of one turn: up to its terminal event, or the frame that refuses it. */
  async readTurn(): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      frames.push(frame);
      if (isEnd(frame)) return frames;
    }
  }

  /** Sends a `response.create` and gives the last frame of its turn. */
  async ask(create: object): Promise<Frame> {
    this.send({ type: "response.create", ...create });
    const last = (await this.readTurn()).at(-1);
    if (last === undefined) throw new Error("no frame");
    return last;
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}

/** Whether a turn is over with this frame. An `error` event inside a stream has no status. */
export function isEnd({ type, status }: Frame): boolean {
  return /^response\.(?:completed|incomplete|failed)$/.test(type) || (type === "error" && status !== undefined);
}

/** Opens a WebSocket and waits until it is open. Throws when it is refused. */
export async function connectSocket(
  url: string,
  { headers = {}, protocols = [] }: { headers?: Record<string, string>; protocols?: string[] } = {},
): Promise<SocketClient> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers, protocols });
  const client = new SocketClient(socket);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error("the connection was refused")));
  await promise;
  return client;
}
