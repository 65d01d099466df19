import { createParser } from "eventsource-parser";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { upstreamTimeout } from "../workers-ai/run-model.ts";
import { brokenAnswer } from "../workers-ai/stream-broken.ts";
import { SilenceWatch } from "./watch-silence.ts";

/** Longest chunk, in UTF-16 code units: an upstream that never ends its line must not fill the memory. */
const longestChunk = 16_777_216;

/**
 * Bytes that one read takes at most. The runtime's own measure is 4 KiB: with it a burst of chunks costs three times
 * the CPU.
 */
const readSize = 65_536;

/** What one read brought: the JSON texts of chunks, and whether more come. */
export interface ChatReading {
  texts: readonly string[];
  /** `announced`: upstream said that it was the end. `silent`: it just stopped. */
  end: "announced" | "silent" | undefined;
}

/** Reads the bytes of a chat completion, an event stream or one JSON text, as the texts of its chunks. */
export class ChatReader {
  readonly #source: ReadableStreamBYOBReader;
  /** What the next read fills. */
  #buffer = new ArrayBuffer(readSize);
  readonly #kind: ModelAnswer["kind"];
  readonly #silence: SilenceWatch;
  readonly #decoder = new TextDecoder();
  readonly #parser: ReturnType<typeof createParser>;
  #texts: string[] = [];
  #end: ChatReading["end"];
  #timedOut = false;

  /** `silenceMs`: longest that upstream may say nothing, in milliseconds. */
  constructor({ kind, body }: ModelAnswer, silenceMs: number) {
    this.#kind = kind;
    this.#source = body.getReader({ mode: "byob" });
    this.#silence = new SilenceWatch(silenceMs, () => {
      this.#timedOut = true;
      void this.cancel();
    });
    this.#parser = createParser({
      maxBufferSize: longestChunk,
      onEvent: ({ data }) => this.#takeData(data),
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") throw invalidAnswer("a chunk is too long");
      },
    });
  }

  /**
   * What upstream sends next; of one JSON text only the whole.
   * @throws {ApiError} 502 when upstream breaks off, 504 when it says nothing for too long
   */
  async read(): Promise<ChatReading> {
    const text = await this.#readText();
    if (this.#kind === "json") {
      this.#texts.push(text ?? this.#decoder.decode());
      return text === undefined ? { texts: [this.#texts.join("")], end: "announced" } : { texts: [], end: undefined };
    }
    // A last event may lack the empty line that ends it.
    this.#parser.feed(text ?? `${this.#decoder.decode()}\n\n`);
    if (text === undefined) this.#end ??= "silent";
    const texts = this.#texts;
    this.#texts = [];
    return { texts, end: this.#end };
  }

  /** Leaves the rest unread, and lets go of upstream. */
  async cancel(reason?: unknown): Promise<void> {
    this.#silence.stop();
    await this.#source.cancel(reason).catch(() => {});
  }

  /** The next bytes as text; undefined at their end. */
  async #readText(): Promise<string | undefined> {
    this.#silence.startWaiting();
    try {
      const { done, value } = await this.#source.read(new Uint8Array(this.#buffer));
      if (this.#timedOut) throw upstreamTimeout();
      if (done) return undefined;
      const text = this.#decoder.decode(value, { stream: true });
      // A read takes the buffer away and gives it back with the value.
      this.#buffer = value.buffer;
      return text;
    } catch {
      throw this.#timedOut ? upstreamTimeout() : brokenAnswer();
    } finally {
      this.#silence.endWaiting();
    }
  }

  #takeData(data: string): void {
    if (this.#end !== undefined || data === "") return;
    if (data === "[DONE]") this.#end = "announced";
    else this.#texts.push(data);
  }
}
