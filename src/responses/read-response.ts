import { type JsonRecord, isRecord, readCount, readText } from "../protocol/read-value.ts";
import { parseJson } from "./read-json.ts";
import { createLineReader } from "./read-lines.ts";

/** Bytes of an answer that are kept to read its Response from. A model's longest answer is well under 1 MB. */
const maxKeptBytes = 16_777_216;

const decoder = new TextDecoder();

/** Finds the Response in the bytes of an answer, as they pass. */
export interface ResponseReader {
  /**
   * Takes the next bytes. Returns how many of them leave the answer incomplete: a client that has those, and not the
   * next one, can't have the whole Response yet.
   */
  read(bytes: Uint8Array): number;
  /** Says that no more bytes come, and the answer ended as it should. */
  end(): void;
  /** The answer said all it had to say: its end was reached, or the event that ends a stream. */
  isComplete(): boolean;
  /** The JSON body, or the `response` of the terminal event. Undefined when there is none or it is over 16 MiB. */
  response(): JsonRecord | undefined;
  /** Of a stream that may have broken off: the Response as it was opened, with the items that were finished. */
  partial(): JsonRecord | undefined;
}

/** Reads the one Response of a JSON answer. Its last byte completes it, and any byte may be the last. */
export function createJsonReader(): ResponseReader {
  const kept = createBuffer();
  let complete = false;
  let response: JsonRecord | undefined;
  return {
    read(bytes) {
      kept.add(bytes);
      return Math.max(0, bytes.length - 1);
    },
    end() {
      const source = kept.take();
      response = parseRecord(source);
      complete = source === undefined || response !== undefined;
    },
    isComplete: () => complete,
    response: () => response,
    partial: () => undefined,
  };
}

const terminalTypes: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"]);
const readTypes: ReadonlySet<string> = new Set([...terminalTypes, "response.created", "response.output_item.done"]);

/** Types in the data of an event that has no `event:` line. */
const anyReadType = /"response\.(?:created|completed|incomplete|failed|output_item\.done)"/;

/** Reads the Response of an event stream. Events that say nothing of it are passed over unparsed. */
export function createStreamReader(): ResponseReader {
  const lines = createLineReader(maxKeptBytes + "event:".length);
  const data = createBuffer();
  let eventName = "";
  let complete = false;
  let opened: JsonRecord | undefined;
  let response: JsonRecord | undefined;
  let keptItems = 0;
  const items = new Map<number, string>();

  function readLine(line: Uint8Array): void {
    if (line.length === 0) endEvent();
    else if (startsWith(line, "event:")) eventName = decoder.decode(line.subarray(6)).trim();
    else if (startsWith(line, "data:")) data.add(line.subarray(5));
  }

  function endEvent(): void {
    const name = eventName;
    eventName = "";
    const source = data.take();
    if (source === undefined) complete = terminalTypes.has(name);
    if (source === undefined || (name === "" ? !anyReadType.test(source) : !readTypes.has(name))) return;
    const event = parseRecord(source);
    if (event === undefined) return;
    const type = name === "" ? readText(event["type"]) : name;
    if (type === "response.created" && isRecord(event["response"])) opened = event["response"];
    if (type === "response.output_item.done" && (keptItems += source.length) <= maxKeptBytes) {
      items.set(readCount(event["output_index"], items.size), source);
    }
    if (terminalTypes.has(type) && isRecord(event["response"])) {
      complete = true;
      response = event["response"];
    }
  }

  return {
    read(bytes) {
      if (complete) return 0;
      const end = lines.read(bytes, (line) => {
        readLine(line);
        return !complete;
      });
      return end ?? bytes.length;
    },
    end: () => {},
    isComplete: () => complete,
    response: () => response,
    partial() {
      if (opened === undefined) return undefined;
      const finished = [...items].toSorted(([left], [right]) => left - right);
      return { ...opened, output: finished.map(([, source]) => parseRecord(source)?.["item"]).filter(isRecord) };
    },
  };
}

function startsWith(line: Uint8Array, prefix: string): boolean {
  for (let index = 0; index < prefix.length; index++) {
    if (line[index] !== prefix.charCodeAt(index)) return false;
  }
  return true;
}

function parseRecord(source: string | undefined): JsonRecord | undefined {
  if (source === undefined) return undefined;
  try {
    const value = parseJson(source);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Gathers bytes, and nothing once they are more than `maxKeptBytes`. */
function createBuffer() {
  let pieces: Uint8Array[] = [];
  let length = 0;
  return {
    add(bytes: Uint8Array): void {
      length += bytes.length;
      if (length > maxKeptBytes) pieces = [];
      else pieces.push(bytes);
    },
    /** The text gathered since the last time, undefined when it was too much. */
    take(): string | undefined {
      const streaming = new TextDecoder();
      const source =
        length > maxKeptBytes
          ? undefined
          : pieces.map((piece) => streaming.decode(piece, { stream: true })).join("") + streaming.decode();
      pieces = [];
      length = 0;
      return source;
    },
  };
}
