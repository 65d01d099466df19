import { tryParse } from "../../protocol/json.ts";
import { readSse, StreamError } from "../../streams/read-sse.ts";
import { invalidAnswer, mapStreamError } from "../../workers-ai/errors.ts";
import type { ModelAnswer } from "../../workers-ai/run.ts";
import { type ChatChunk, readChunk } from "./read-chunk.ts";

/** What one read of a chat completion brought. */
export interface ChatBatch {
  chunks: readonly ChatChunk[];
  /** Upstream said that this is the end: by `[DONE]`, or by being one whole JSON text. */
  announced: boolean;
}

/**
 * Reads a chat completion, an event stream or one JSON text, as its chunks.
 * @throws {ApiError} what an error in it says, 502 for what is no chunk or breaks off, 504 after `silenceMs` of silence
 */
export async function* readChat(
  answer: ModelAnswer,
  options: { signal: AbortSignal; silenceMs: number },
): AsyncGenerator<ChatBatch, void> {
  if (answer.kind === "json") {
    yield { chunks: [parseChunk(new TextDecoder().decode(answer.bytes), "")], announced: true };
    return;
  }
  try {
    for await (const events of readSse(answer.body, options)) {
      const chunks: ChatChunk[] = [];
      for (const { event = "", data } of events) {
        if (data === "[DONE]") {
          yield { chunks, announced: true };
          return;
        }
        if (data !== "") chunks.push(parseChunk(data, event));
      }
      yield { chunks, announced: false };
    }
  } catch (error) {
    throw error instanceof StreamError ? mapStreamError(error) : error;
  }
}

function parseChunk(text: string, event: string): ChatChunk {
  const value = tryParse(text);
  if (value === undefined) throw invalidAnswer("a chunk is not JSON");
  return readChunk(value, event === "error");
}
