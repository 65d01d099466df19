import type { ApiError } from "../errors.ts";
import { renderErrorFrame } from "./frame-errors.ts";
import type { LaneName } from "./held-contexts.ts";

/** Errors without an answer between them after which a client will not get anywhere. */
const mostErrors = 16;

const encoder = new TextEncoder();

/** Length in bytes. */
export function measure(text: string): number {
  return encoder.encode(text).length;
}

/**
 * The Worker's end of a WebSocket: sends frames until it is closed, and closes it when the client does not read. A Worker
 * can't see what of its frames has been read, and all that was not stays in its memory: so what was sent since the
 * client's last frame is counted.
 */
export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #mostUnanswered: number;
  readonly #onClose: () => void;
  /** Bytes that were sent since the client's last frame. */
  #unanswered = 0;
  #errorsInRow = 0;
  #isClosed = false;

  constructor(socket: WebSocket, { mostUnanswered, onClose }: { mostUnanswered: number; onClose: () => void }) {
    this.#socket = socket;
    this.#mostUnanswered = mostUnanswered;
    this.#onClose = onClose;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The client has sent a frame. */
  hear(): void {
    this.#unanswered = 0;
  }

  /** Sends an event of an answer. */
  sendEvent(event: object): void {
    this.#errorsInRow = 0;
    this.send(event);
  }

  /** Says why a frame is not answered. A key that is valid no longer, a fault of ours and too many errors end the connection. */
  refuse(error: ApiError, lane: LaneName): void {
    this.#errorsInRow += 1;
    this.send(renderErrorFrame(error, lane));
    if (error.status === 401) this.close(1008, "The API key is not valid.");
    if (error.code === "internal_error") this.close(1011, "Something went wrong inside the Worker.");
    if (this.#errorsInRow === mostErrors) this.close(1008, "Too many frames in a row were refused.");
  }

  send(frame: object): void {
    if (this.#isClosed) return;
    const text = JSON.stringify(frame);
    this.#unanswered += measure(text);
    if (this.#unanswered > this.#mostUnanswered) {
      this.close(1008, "More than WEBSOCKET_BUFFER_BYTES were sent without a frame from the client.");
      return;
    }
    try {
      this.#socket.send(text);
    } catch {
      // The runtime knows before its event comes that the client has gone.
      this.close(1011, "");
    }
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#socket.close(code, reason);
    } catch {
      // The client has gone already.
    }
    this.#onClose();
  }
}
