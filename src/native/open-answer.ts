import type { Answer, BytesAnswer, Call, EventsAnswer, NativeRequest } from "../call.ts";
import { ApiError, clientLeft } from "../errors.ts";
import { isTerminalType, type ResponseEvent } from "../protocol/events.ts";
import { isRecord, type JsonRecord, readCount } from "../protocol/json.ts";
import { brokenAnswer, invalidAnswer } from "../workers-ai/errors.ts";
import { countTokens } from "./count-tokens.ts";
import { fillItem } from "./fill-item.ts";
import { fillResponse } from "./fill-response.ts";
import { type NativeEvent, readNativeEvents } from "./read-events.ts";

/**
 * Opens upstream's event stream for whoever needs events: each as upstream wrote it. A stream that breaks off, or has no
 * end of a Response, ends with a `response.failed` of this Worker's own.
 */
export function openAnswer(answer: Answer, call: Call, request: NativeRequest): EventsAnswer {
  if (answer.kind === "events") return answer;
  const { upstreamId, warnings } = answer;
  const progress: Progress = { opened: {}, finished: [], ended: undefined, deltas: 0, failure: undefined };
  return {
    kind: "events",
    events: openEvents(answer, call, progress),
    failure: () => progress.failure,
    tokens: () => countTokens(progress.ended ?? { output: progress.finished }, request, progress.deltas),
    upstreamId,
    warnings,
  };
}

/** What has been seen of a Response. */
interface Progress {
  /** As it was opened. */
  opened: JsonRecord;
  /** Its finished items. */
  finished: unknown[];
  /** As it ended. */
  ended: JsonRecord | undefined;
  deltas: number;
  failure: ApiError | undefined;
}

async function* openEvents(
  { body }: BytesAnswer,
  { config, signal }: Call,
  progress: Progress,
): AsyncGenerator<readonly ResponseEvent[], void> {
  let next = 0;
  try {
    if (!(body instanceof ReadableStream)) throw invalidAnswer("it is not an event stream");
    for await (const batch of readNativeEvents(body, { signal, silenceMs: config.upstreamTimeoutMs })) {
      const events: ResponseEvent[] = [];
      for (const sent of batch) {
        const event = { ...sent, sequence_number: readCount(sent["sequence_number"], next) };
        if (!isResponseEvent(event)) continue;
        next = event.sequence_number + 1;
        events.push(event);
        note(event, progress);
        if (progress.ended !== undefined) break;
      }
      if (events.length > 0) yield events;
      if (progress.ended !== undefined) return;
    }
    throw next === 0 ? invalidAnswer("it has no events of a Response") : brokenAnswer();
  } catch (error) {
    const failure = signal.aborted ? clientLeft() : error instanceof ApiError ? error : brokenAnswer(error);
    progress.failure = failure;
    const { code, message } = failure;
    const output = progress.finished.filter(isItem);
    const broken = { ...progress.opened, output, status: "failed", error: { code, message } };
    yield [{ type: "response.failed", response: fillResponse(broken).response, sequence_number: next }];
  }
}

function note(event: NativeEvent, progress: Progress): void {
  const { type, response, item } = event;
  if (type.endsWith(".delta")) progress.deltas += 1;
  if (type === "response.output_item.done") progress.finished.push(item);
  if (!isRecord(response)) return;
  if (type === "response.created") progress.opened = response;
  if (isTerminalType(type)) progress.ended = response;
}

/** Of what upstream wrote only the type is known, and that an end has a Response. Whatever else it holds is passed on. */
function isResponseEvent(event: NativeEvent & { sequence_number: number }): event is NativeEvent & ResponseEvent {
  return event.type.startsWith("response.") && (!isTerminalType(event.type) || isRecord(event["response"]));
}

/** What upstream finished may be no item, and a failure has to be told all the same. */
function isItem(value: unknown): boolean {
  try {
    fillItem(value, new Set());
    return true;
  } catch {
    return false;
  }
}
