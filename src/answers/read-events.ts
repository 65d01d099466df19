import { parseRecord } from "../protocol/parse-json.ts";
import { type JsonRecord, readText } from "../protocol/read-value.ts";
import { createLineReader } from "./read-lines.ts";

/** Bytes of one event that are read. A model's longest answer is well under 1 MB. */
export const maxEventBytes = 16_777_216;

/** One event as it came, its data still undecoded. */
export interface RawEvent {
  /** What its `event:` line says, `""` without one. */
  name: string;
  /** The text of its data, undefined when that is over 16 MiB. */
  data: () => string | undefined;
}

const decoder = new TextDecoder();
const newline = new TextEncoder().encode("\n");

/**
 * Makes a reader that hands on each event the bytes end, until `onEvent` returns false. It returns the index of the
 * byte that ended that last event, undefined when every event was wanted. Whatever the bytes are, it throws nothing.
 */
export function createEventReader(onEvent: (event: RawEvent) => boolean): (bytes: Uint8Array) => number | undefined {
  const lines = createLineReader(maxEventBytes + "event:".length);
  let name = "";
  let pieces: Uint8Array[] = [];
  let length = 0;

  function endEvent(): boolean {
    if (pieces.length === 0) {
      name = "";
      return true;
    }
    const event = { name, pieces, length };
    name = "";
    pieces = [];
    length = 0;
    return onEvent({
      name: event.name,
      data: () => (event.length > maxEventBytes ? undefined : decodePieces(event.pieces)),
    });
  }
  function readLine(line: Uint8Array): boolean {
    if (line.length === 0) return endEvent();
    if (startsWith(line, "event:")) name = decoder.decode(line.subarray(6)).trim();
    else if (startsWith(line, "data:")) {
      length += line.length;
      if (length > maxEventBytes) pieces = [newline];
      else pieces.push(line.subarray(5), newline);
    }
    return true;
  }
  return (bytes) => lines.read(bytes, readLine);
}

/**
 * Reads a body of events as the JSON objects they carry, each with its type. Data that is none (`[DONE]`, a comment, an
 * event over 16 MiB) is passed over. Throws what the body throws.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<JsonRecord & { type: string }> {
  let events: (JsonRecord & { type: string })[] = [];
  const read = createEventReader(({ name, data }) => {
    const event = parseRecord(data());
    if (event !== undefined) events.push({ ...event, type: name || readText(event["type"]) });
    return true;
  });
  for await (const bytes of body) {
    read(bytes);
    yield* events;
    events = [];
  }
}

/** Bytes cut anywhere, as text. */
export function decodePieces(pieces: readonly Uint8Array[]): string {
  const streaming = new TextDecoder();
  return pieces.map((piece) => streaming.decode(piece, { stream: true })).join("") + streaming.decode();
}

function startsWith(line: Uint8Array, prefix: string): boolean {
  for (let index = 0; index < prefix.length; index++) {
    if (line[index] !== prefix.charCodeAt(index)) return false;
  }
  return true;
}
