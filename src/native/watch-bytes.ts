import { createParser } from "eventsource-parser";
import type { AnswerEnd, BytesAnswer, NativeRequest } from "../call.ts";
import { isTerminalType } from "../protocol/events.ts";
import { parseExact } from "../protocol/exact-json.ts";
import { isRecord, type JsonRecord, readCount, readText } from "../protocol/json.ts";
import { readTokens } from "../protocol/tokens.ts";
import { longestEvent } from "../streams/read-sse.ts";
import { countTokens } from "./count-tokens.ts";
import { createFrameSplitter } from "./split-frames.ts";

/** An answer that passes, and how it ended. `ended` never rejects. */
interface Watched {
  answer: BytesAnswer;
  ended: Promise<AnswerEnd>;
}

/** Called once, before the end of an answer goes out, with that end. */
export type BeforeEnd = (end: AnswerEnd) => Promise<void>;

/**
 * Lets somebody know how upstream's bytes end. Each goes on unchanged: a JSON answer when `beforeEnd` is done, an event
 * stream frame by frame, of which the one with the terminal event waits for `beforeEnd`.
 */
export async function watchBytes(answer: BytesAnswer, request: NativeRequest, beforeEnd: BeforeEnd): Promise<Watched> {
  if (answer.body instanceof ReadableStream) return watchStream(answer, { source: answer.body, request, beforeEnd });
  const response = parseResponse(new TextDecoder().decode(answer.body));
  const ending = response === undefined ? "broken" : "whole";
  const end: AnswerEnd = { ending, response, tokens: countTokens(response, request), endedAt: Date.now() };
  await beforeEnd(end);
  return { answer, ended: Promise.resolve(end) };
}

/**
 * The stream is read here rather than teed, since in a tee no frame can wait, and handed on by a stream of our own: its
 * `cancel` runs as soon as the client leaves, also while upstream is silent.
 */
function watchStream(
  answer: BytesAnswer,
  { source, request, beforeEnd }: { source: ReadableStream<Uint8Array>; request: NativeRequest; beforeEnd: BeforeEnd },
): Watched {
  const reader = source.getReader();
  const frames = createFrameSplitter();
  const found = createResponseFinder();
  const over = Promise.withResolvers<AnswerEnd>();
  let settled: Promise<AnswerEnd> | undefined;

  function settle(otherwise: "broken" | "client_left"): Promise<AnswerEnd> {
    settled ??= (async () => {
      const response = found.response() ?? found.partial();
      const end: AnswerEnd = {
        ending: found.isComplete() ? "whole" : otherwise,
        response,
        tokens: found.tokens() ?? countTokens(response, request, found.deltas()),
        endedAt: Date.now(),
      };
      await beforeEnd(end);
      return end;
    })();
    return settled;
  }
  async function finish(otherwise: "broken" | "client_left"): Promise<void> {
    over.resolve({ ...(await settle(otherwise)), endedAt: Date.now() });
  }

  /** Hands on whole frames. Once the Response is complete, or a frame is too long to be looked at, whatever comes. */
  async function handOn(bytes: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): Promise<number> {
    if (found.isComplete()) {
      controller.enqueue(bytes);
      return bytes.length;
    }
    let sent = 0;
    for (const frame of frames.push(bytes)) {
      found.read(frame);
      if (found.isComplete()) await settle("broken");
      controller.enqueue(frame);
      sent += frame.length;
    }
    if (!found.isComplete() && frames.pending <= longestEvent) return sent;
    if (!found.isComplete()) found.giveUp();
    const rest = frames.rest();
    if (rest.length > 0) controller.enqueue(rest);
    return sent + rest.length;
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (let sent = 0; sent === 0;) {
      const { done, value } = await reader.read();
      if (!done) {
        sent = await handOn(value, controller);
        continue;
      }
      const rest = frames.rest();
      found.read(rest);
      found.end();
      await settle("broken");
      if (rest.length > 0) controller.enqueue(rest);
      controller.close();
      return finish("broken");
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await pull(controller);
        } catch (error) {
          await finish("broken");
          throw error;
        }
      },
      async cancel(reason) {
        await Promise.allSettled([reader.cancel(reason), finish("client_left")]);
      },
    },
    { highWaterMark: 0 },
  );
  return { answer: { ...answer, body }, ended: over.promise };
}

/** What is parsed beside the terminal events. `response.created` is kept as it is. */
const readTypes: ReadonlySet<string> = new Set(["response.output_item.done"]);

/** Types in the data of an event that has no `event:` line. */
const anyReadType = /"response\.(?:created|completed|incomplete|failed|output_item\.done)"/;

/** Finds the Response in the frames of an event stream. Events that say nothing of it are passed over unparsed. */
function createResponseFinder() {
  let complete = false;
  /** The event that opened the Response, unparsed: seldom needed, and as long as what the request echoes. */
  let opened: string | undefined;
  let response: JsonRecord | undefined;
  let heldLength = 0;
  let deltas = 0;
  let usage: unknown;
  const items = new Map<number, string>();
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: ({ event = "", data }) => takeEvent(event, data) });

  function takeEvent(name: string, data: string): void {
    if (isDelta(name, data)) deltas += 1;
    if (name === "response.created") opened = data;
    const isCounted = data.includes('"usage":{');
    const isRead = name === "" ? anyReadType.test(data) : readTypes.has(name) || isTerminalType(name);
    if (!isCounted && !isRead) return;
    // Once, for both: the event that ends a stream is its longest.
    const event = parseResponse(data);
    if (isCounted) usage = usageOf(event) ?? usage;
    if (!isRead || event === undefined) return;
    const type = name === "" ? readText(event["type"]) : name;
    if (type === "response.created") opened = data;
    if (type === "response.output_item.done" && (heldLength += data.length) <= longestEvent) {
      items.set(readCount(event["output_index"], items.size), data);
    }
    if (isTerminalType(type) && isRecord(event["response"])) {
      complete = true;
      // The event says how it ended where its Response doesn't.
      response = { ...event["response"], status: type.slice("response.".length) };
    }
  }
  return {
    read: (frame: Uint8Array) => parser.feed(decoder.decode(frame, { stream: true })),
    /** No more frames come. A last event may lack the empty line that ends it. */
    end: () => parser.feed("\n\n"),
    /** A frame is longer than what is looked at: what follows is passed on unseen. */
    giveUp() {
      complete = true;
    },
    isComplete: () => complete,
    response: () => response,
    /** As upstream counted them last; undefined when it counted nothing. */
    tokens: () => readTokens(usage),
    /** How many pieces of output came: a token each, about. */
    deltas: () => deltas,
    /** Of a stream without its end: the Response as it was opened, with the items that were finished. */
    partial(): JsonRecord | undefined {
      const begun = parseResponse(opened ?? "")?.["response"];
      if (complete || !isRecord(begun)) return undefined;
      const finished = [...items].toSorted(([left], [right]) => left - right);
      return { ...begun, output: finished.map(([, source]) => parseResponse(source)?.["item"]).filter(isRecord) };
    },
  };
}

/** Whether an event brings output: Responses' deltas, or a chunk of Chat Completions, which has no name. */
function isDelta(name: string, data: string): boolean {
  return name === "" ? data.includes('.delta"') || data.includes('"choices":[{') : name.endsWith(".delta");
}

/** The counts of an event, in its Response or beside it. */
function usageOf(event: JsonRecord | undefined): unknown {
  const response = event?.["response"];
  return (isRecord(response) ? response["usage"] : undefined) ?? event?.["usage"];
}

/** The JSON object that a text is, its numbers as they are; undefined when it is anything else. */
function parseResponse(source: string): JsonRecord | undefined {
  try {
    const value = parseExact(source);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
