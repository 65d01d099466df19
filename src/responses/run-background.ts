import { type Bindings, type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import { reportRequest } from "../metering/report-request.ts";
import { type RequestRecord, startRecord } from "../metering/request-record.ts";
import { closeResponse } from "../protocol/build-events.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import { type KeptItem, readKeptItems } from "../store/kept-item.ts";
import type { RunJob } from "../store/response-object.ts";
import type { RunEvent } from "../store/run.ts";
import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import { answerRequest } from "../answers/answer-request.ts";
import type { AnswerableRequest } from "../answers/answerable-request.ts";
import { appendTurn } from "../turns/append-turn.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import { fillResponse } from "../answers/fill-response.ts";
import { checkDocument } from "./read-create-request.ts";
import { readEvents } from "../answers/read-events.ts";
import { replayResponse } from "../answers/replay.ts";
import { brokenAnswer } from "../workers-ai/stream-broken.ts";

/** The object that makes the response has told of these before upstream was called. */
const openingTypes: ReadonlySet<string> = new Set(["response.created", "response.queued", "response.in_progress"]);

/**
 * Has the request of a background run answered, in the configured mode, as events without their numbers. What upstream
 * calls its Response gets the id that the client knows. Throws the `ApiError` that the run fails with.
 */
export async function* runBackground(job: RunJob, bindings: Bindings): AsyncGenerator<RunEvent> {
  const config = readConfig(bindings);
  const record = startRecord();
  let last: RunEvent | undefined;
  let failure: ApiError | undefined;
  try {
    for await (const event of answerJob(job, { bindings, config, trace: record.trace })) {
      last = event;
      yield event;
    }
    throw brokenAnswer();
  } catch (error) {
    failure = error instanceof ApiError ? error : brokenAnswer(error);
    throw failure;
  } finally {
    // Also when the last event ended the run: the generator is closed then.
    await reportRun(job, { bindings, config, record, last, failure });
  }
}

async function* answerJob(
  job: RunJob,
  { bindings, config, trace }: Pick<AnswerableRequest, "bindings" | "config" | "trace">,
): AsyncGenerator<RunEvent> {
  const { response: opened, owner, signal } = job;
  const { request, own } = readJob(job);
  checkDocument(request, config.mode);
  const answer = await answerRequest({
    bindings,
    config,
    document: request,
    signal,
    keyName: owner,
    trace,
    responseId: readText(opened["id"]),
  });
  for await (const event of readAnswerEvents(answer, { opened, isStream: request.stream === true })) {
    if (openingTypes.has(event.type)) continue;
    if (!isRecord(event["response"])) {
      yield event;
      continue;
    }
    const response = adopt(event["response"], opened);
    // The turn is in its conversation before anybody can know that it has ended.
    const conversationId = findConversationId(request);
    if (conversationId !== undefined) {
      const turn = { bindings, config, keyName: owner, conversationId, own, response };
      if (!(await appendTurn(turn))) logGone(readJob(job).requestId);
    }
    yield { ...event, response };
  }
}

/** A run is reported like a request of its own: the one that began it was answered before there was a model's answer. */
function reportRun(
  job: RunJob,
  {
    bindings,
    config,
    record,
    last,
    failure,
  }: {
    bindings: Bindings;
    config: Config;
    record: RequestRecord;
    last: RunEvent | undefined;
    failure: ApiError | undefined;
  },
): Promise<void> {
  const response = last?.["response"];
  const isWhole = failure === undefined && isRecord(response);
  const facts = {
    request_id: readJob(job).requestId,
    key: job.owner,
    method: "POST",
    route: "background",
    mode: config.mode,
    status: failure?.status ?? 200,
    error_code: failure?.code ?? null,
    ttfb_ms: record.trace.waitedMs,
  };
  const end = {
    ending: isWhole ? ("whole" as const) : ("broken" as const),
    response: isWhole ? response : undefined,
    endedAt: Date.now(),
  };
  return reportRequest({ bindings, config, record, facts, end });
}

/** What `startBackground` wrote down for the run. */
function readJob({ job }: RunJob): { request: JsonRecord; requestId: string; own: KeptItem[] } {
  const { request, requestId, own } = job;
  return { request: isRecord(request) ? request : {}, requestId: readText(requestId), own: readKeptItems(own) };
}

function logGone(requestId: string): void {
  console.error(JSON.stringify({ event: "conversation_not_continued", request_id: requestId, reason: "gone" }));
}

async function* readAnswerEvents(
  { kind, body }: ModelAnswer,
  { opened, isStream }: { opened: JsonRecord; isStream: boolean },
): AsyncGenerator<RunEvent> {
  if (kind === "event-stream") {
    yield* readEvents(body);
    return;
  }
  const answer = parseRecord(await new Response(body).text());
  const whole = answer === undefined ? undefined : { ...settingsOf(opened), ...withoutNulls(answer) };
  if (!isStream) yield { ...closeResponse(fillResponse(whole).response) };
  else for (const event of replayResponse(whole)) yield { ...event };
}

/** What the client asked for, of a Response that has not begun: an answer that doesn't repeat it is given it. */
function settingsOf({ id: _id, status: _status, output: _output, ...settings }: JsonRecord): JsonRecord {
  return settings;
}

function withoutNulls(fields: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Upstream's Response under the id and with the settings that the client was told at the start. */
function adopt(response: JsonRecord, opened: JsonRecord): JsonRecord {
  const { id, created_at, background, store, previous_response_id, conversation } = opened;
  const own = { id, created_at, background, store, previous_response_id };
  return { ...opened, ...response, ...own, ...(conversation !== undefined && { conversation }) };
}
