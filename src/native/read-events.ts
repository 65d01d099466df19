import { type JsonRecord, parseRecord, readText } from "../protocol/json.ts";
import { readSse, StreamError } from "../streams/read-sse.ts";
import { mapStreamError } from "../workers-ai/errors.ts";

/** An event as upstream wrote it. */
export type NativeEvent = JsonRecord & { type: string };

/**
 * Reads upstream's own event stream as the events it carries. Data of any other kind (`[DONE]`, text) is skipped.
 * @throws {ApiError} 502 when the stream breaks off, 504 after `silenceMs` of silence
 */
export async function* readNativeEvents(
  body: ReadableStream<Uint8Array>,
  options: { signal: AbortSignal; silenceMs: number },
): AsyncGenerator<readonly NativeEvent[], void> {
  try {
    for await (const batch of readSse(body, options)) {
      yield batch.flatMap(({ event: name = "", data }) => {
        const event = parseRecord(data);
        return event === undefined ? [] : [{ ...event, type: name || readText(event["type"]) }];
      });
    }
  } catch (error) {
    throw error instanceof StreamError ? mapStreamError(error) : error;
  }
}
