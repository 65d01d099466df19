import { answerRequest } from "../answers/answer-request.ts";
import type { AnswerableRequest } from "../answers/answerable-request.ts";
import { fillResponse } from "../answers/fill-response.ts";
import { readEvents } from "../answers/read-events.ts";
import { replayResponse } from "../answers/replay.ts";
import { type Bindings, type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import { reportRequest } from "../metering/report-request.ts";
import { type RequestRecord, startRecord } from "../metering/request-record.ts";
import { closeResponse } from "../protocol/build-events.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import type { RunJob } from "../store/run-job.ts";
import type { RunEvent } from "../store/run.ts";
import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import { brokenAnswer } from "../workers-ai/stream-broken.ts";
import { type BackgroundJob, readJob } from "./background-job.ts";
import { checkDocument } from "./read-create-request.ts";

/** The object that makes the response has told of these before upstream was called. */
const openingTypes: ReadonlySet<string> = new Set(["response.created", "response.queued", "response.in_progress"]);

/**
 * Has the request of a background run answered, in the configured mode, as events without their numbers. What upstream
 * calls its Response gets the id that the client knows. Throws the `ApiError` that the run fails with.
 */
export async function* runBackground(
  run: RunJob,
  { bindings, signal }: { bindings: Bindings; signal: AbortSignal },
): AsyncGenerator<RunEvent> {
  const job = readJob(run);
  const config = readConfig(bindings);
  const record = startRecord();
  let last: RunEvent | undefined;
  let failure: ApiError | undefined;
  try {
    for await (const event of answerJob(job, run, { bindings, config, signal, trace: record.trace })) {
      last = event;
      yield event;
    }
    throw brokenAnswer();
  } catch (error) {
    failure = error instanceof ApiError ? error : brokenAnswer(error);
    throw failure;
  } finally {
    // Also when the last event ended the run: the generator is closed then.
    await reportRun({ requestId: job.requestId, keyName: run.owner, bindings, config, record, last, failure });
  }
}

async function* answerJob(
  { request }: BackgroundJob,
  { response: opened, owner }: RunJob,
  { bindings, config, signal, trace }: Pick<AnswerableRequest, "bindings" | "config" | "signal" | "trace">,
): AsyncGenerator<RunEvent> {
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
    yield isRecord(event["response"]) ? { ...event, response: adopt(event["response"], opened) } : event;
  }
}

/** A run is reported like a request of its own: the one that began it was answered before there was a model's answer. */
function reportRun({
  requestId,
  keyName,
  bindings,
  config,
  record,
  last,
  failure,
}: {
  requestId: string;
  keyName: string;
  bindings: Bindings;
  config: Config;
  record: RequestRecord;
  last: RunEvent | undefined;
  failure: ApiError | undefined;
}): Promise<void> {
  const response = last?.["response"];
  const isWhole = failure === undefined && isRecord(response);
  const facts = {
    request_id: requestId,
    key: keyName,
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
