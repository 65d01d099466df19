import { readChunk } from "../compat/answer/read-chunk.ts";
import { createEventSealer } from "../compat/answer/seal-events.ts";
import { type AnsweredRequest, ChatTranslator } from "../compat/answer/translate-chat.ts";
import { ApiError, internalError } from "../errors.ts";
import { announceError } from "../protocol/build-events.ts";
import type { ResponseError, ResponseEvent } from "../protocol/events.ts";
import { invalidAnswer, type ModelAnswer } from "../workers-ai/read-answer.ts";
import { ChatReader } from "./read-chat.ts";

/**
 * The events of one live answer of the chat branch, made as they are asked for. Whatever upstream does, they end: with a
 * Response that upstream said is at its end, or with an `error` and `response.failed`.
 */
export class ModelEvents {
  readonly #reader: ChatReader;
  readonly #translator: ChatTranslator;
  readonly #seal: ReturnType<typeof createEventSealer> | undefined;
  #state: "new" | "open" | "ended" = "new";
  #failure: ApiError | undefined;

  constructor({
    answer,
    silenceMs,
    ...request
  }: AnsweredRequest & {
    answer: ModelAnswer;
    /** Longest that upstream may say nothing, in milliseconds. */
    silenceMs: number;
  }) {
    const { seal } = request.translation;
    this.#reader = new ChatReader(answer, silenceMs);
    this.#translator = new ChatTranslator(request);
    this.#seal = seal === undefined ? undefined : createEventSealer(seal);
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Why the answer failed; undefined as long as it has not. */
  get failure(): ApiError | undefined {
    return this.#failure;
  }

  /** The next events, one or more: those that open the Response at once, the others as upstream speaks. Never rejects. */
  async next(): Promise<readonly ResponseEvent[]> {
    if (this.#state === "new") {
      this.#state = "open";
      return this.#translator.open();
    }
    const events: ResponseEvent[] = [];
    try {
      while (events.length === 0 && !this.ended) await this.#readInto(events);
    } catch (error) {
      events.push(...(await this.#fail(toApiError(error))));
    }
    if (this.ended) void this.#reader.cancel();
    return events;
  }

  /** Nobody wants the rest: upstream is told so. */
  async cancel(reason?: unknown): Promise<void> {
    this.#state = "ended";
    await this.#reader.cancel(reason);
  }

  async #readInto(events: ResponseEvent[]): Promise<void> {
    const { texts, end } = await this.#reader.read();
    for (const text of texts) {
      const made = this.#translator.take(readChunk(parseChunk(text)));
      events.push(...(this.#seal === undefined ? made : await this.#seal(made)));
    }
    if (end === undefined) return;
    const last = this.#translator.finish(end === "announced");
    events.push(...(this.#seal === undefined ? last : await this.#seal(last)));
    this.#state = "ended";
  }

  async #fail(failure: ApiError): Promise<ResponseEvent[]> {
    this.#state = "ended";
    this.#failure = failure;
    const last = this.#translator.fail(mapFailure(failure));
    return [announceError(failure.toEnvelope().error), ...(this.#seal === undefined ? last : await this.#seal(last))];
  }
}

function parseChunk(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidAnswer("a chunk is not JSON");
  }
}

/**
 * OpenAI lists the codes a failed Response may have; the `error` event before it has the code of our own. Codex knows one
 * that is not in the list: it shortens the context then, instead of trying again.
 */
function mapFailure({ status, code, message }: ApiError): ResponseError {
  if (code === "context_length_exceeded") return { code, message };
  switch (status) {
    case 429:
      return { code: "rate_limit_exceeded", message };
    case 400:
    case 413:
      return { code: "invalid_prompt", message };
    default:
      return { code: "server_error", message };
  }
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error(JSON.stringify({ event: "unhandled_error", kind: error instanceof Error ? error.name : typeof error }));
  return internalError();
}
