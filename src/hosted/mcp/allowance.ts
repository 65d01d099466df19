import { httpFailure, type McpFailure } from "./mcp-failure.ts";

/** What one exchange with an MCP server may take of time and memory, all its messages together: a list has many pages. */
export class McpAllowance {
  /** Aborts when the time is up, or nobody waits any more. */
  readonly signal: AbortSignal;
  readonly #deadline: AbortSignal;
  readonly #client: AbortSignal;
  readonly #what: string;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({
    what,
    timeoutMs,
    maxBytes,
    signal,
  }: {
    /** For messages: what is too large. */
    what: "answer" | "list of tools";
    timeoutMs: number;
    maxBytes: number;
    signal: AbortSignal;
  }) {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
    this.#client = signal;
    this.#deadline = AbortSignal.timeout(timeoutMs);
    this.signal = AbortSignal.any([signal, this.#deadline]);
  }

  get bytesLeft(): number {
    return this.#maxBytes - this.#bytes;
  }

  /** Counts bytes that were read. @throws {McpFailure} when they are too many */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) throw this.tooLarge();
  }

  tooLarge(): McpFailure {
    return httpFailure(502, `The MCP server's ${this.#what} is larger than ${this.#maxBytes} bytes.`);
  }

  /** Why an exchange broke off with `error`. Throws what the client left with, if it did. */
  explain(error: unknown): McpFailure {
    this.#client.throwIfAborted();
    return this.#deadline.aborted
      ? httpFailure(504, `The MCP server did not answer within ${this.#timeoutMs / 1_000} seconds.`, error)
      : httpFailure(502, "The MCP server could not be reached, or it broke off its answer.", error);
  }
}
