import { parseRecord } from "../protocol/parse-json.ts";
import { type JsonRecord, isRecord, readCount, readText } from "../protocol/read-value.ts";
import { createEventReader, decodePieces, maxEventBytes, type RawEvent } from "./read-events.ts";

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
  let pieces: Uint8Array[] = [];
  let length = 0;
  let complete = false;
  let response: JsonRecord | undefined;
  return {
    read(bytes) {
      length += bytes.length;
      if (length > maxEventBytes) pieces = [];
      else pieces.push(bytes);
      return Math.max(0, bytes.length - 1);
    },
    end() {
      const isTooLarge = length > maxEventBytes;
      if (!isTooLarge) response = parseRecord(decodePieces(pieces));
      complete = isTooLarge || response !== undefined;
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
  let complete = false;
  /** Text of the event that opened the Response: seldom needed, and as long as what the request echoes. */
  let opened: (() => string | undefined) | undefined;
  let response: JsonRecord | undefined;
  let keptItems = 0;
  const items = new Map<number, string>();

  const readBytes = createEventReader((event) => {
    takeEvent(event);
    return !complete;
  });

  function takeEvent({ name, data }: RawEvent): void {
    if (name !== "" && !readTypes.has(name)) return;
    if (name === "response.created") {
      opened = data;
      return;
    }
    const source = data();
    if (source === undefined) complete = terminalTypes.has(name);
    if (source === undefined || (name === "" && !anyReadType.test(source))) return;
    const event = parseRecord(source);
    if (event === undefined) return;
    const type = name === "" ? readText(event["type"]) : name;
    if (type === "response.created") opened = data;
    if (type === "response.output_item.done" && (keptItems += source.length) <= maxEventBytes) {
      items.set(readCount(event["output_index"], items.size), source);
    }
    if (terminalTypes.has(type) && isRecord(event["response"])) {
      complete = true;
      response = event["response"];
    }
  }

  return {
    read: (bytes) => (complete ? 0 : (readBytes(bytes) ?? bytes.length)),
    end: () => {},
    isComplete: () => complete,
    response: () => response,
    partial() {
      const begun = parseRecord(opened?.())?.["response"];
      if (!isRecord(begun)) return undefined;
      const finished = [...items].toSorted(([left], [right]) => left - right);
      return { ...begun, output: finished.map(([, source]) => parseRecord(source)?.["item"]).filter(isRecord) };
    },
  };
}
