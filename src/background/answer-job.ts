import { makeAnswer, withContext } from "../answer.ts";
import type { Bindings } from "../bindings.ts";
import type { Answer, AnswerEnd, BytesAnswer, Call } from "../call.ts";
import { checkRequest } from "../check-request.ts";
import { ApiError } from "../errors.ts";
import { readFiles } from "../files/read-files.ts";
import { makeCall } from "../http/start-call.ts";
import { startRecord } from "../metering/meter-request.ts";
import { type RequestFacts, reportRequest } from "../metering/report-request.ts";
import { countTokens } from "../native/count-tokens.ts";
import { fillResponse } from "../native/fill-response.ts";
import { readNativeEvents } from "../native/read-events.ts";
import { isRecord, type JsonRecord, parseRecord, readText, withoutNulls } from "../protocol/json.ts";
import { brokenAnswer } from "../workers-ai/errors.ts";
import type { BackgroundJob } from "./job.ts";
import { closeRun, endOf, type RunEvent } from "./run.ts";

/** A request, and what its client was told when the run was queued. */
export interface RunJob extends BackgroundJob {
  /** The Response so far: id, times, and all that echoes the request. */
  response: JsonRecord;
  /** Name of the key that asked. */
  owner: string;
}

/** The object that makes the response wrote these before upstream was called. */
const openingTypes: ReadonlySet<string> = new Set(["response.created", "response.queued", "response.in_progress"]);

/**
 * Answers the request of a background run in its mode, as events without their numbers. Upstream's Response gets the id
 * that the client knows. Throws the `ApiError` that the run fails with.
 */
export async function* answerJob(
  run: RunJob,
  { bindings, signal }: { bindings: Bindings; signal: AbortSignal },
): AsyncGenerator<RunEvent> {
  const { mode, document, items, requestId, models, limits } = run;
  const record = startRecord();
  const call = makeCall({ bindings, caller: { owner: run.owner, models, limits }, requestId, signal, record });
  let made: Answer | undefined;
  let response: JsonRecord | undefined;
  let failure: ApiError | undefined;
  let deltas = 0;
  const request = checkRequest(mode, document, { bindings });
  try {
    // Converted when the run was asked for, and kept with the items.
    const { given } = await readFiles(call, request, { earlier: items, own: [] });
    const whole = given.earlier === items ? request : withContext(request, given);
    made = await makeAnswer(call, whole, readText(run.response["id"]));
    for await (const batch of made.kind === "bytes" ? readBytes(made, run, call) : made.events) {
      for (const event of batch) {
        if (openingTypes.has(event.type)) continue;
        if (event.type.endsWith(".delta")) deltas += 1;
        const adopted =
          "response" in event && isRecord(event.response)
            ? { ...event, response: adopt(event.response, run.response) }
            : { ...event };
        response = endOf(adopted);
        failure = made.kind === "events" ? made.failure() : undefined;
        yield adopted;
      }
    }
    throw brokenAnswer();
  } catch (error) {
    failure = error instanceof ApiError ? error : brokenAnswer(error);
    throw failure;
  } finally {
    // Also when the last event ended the run: the generator is closed then.
    const end: AnswerEnd = {
      ending: failure === undefined && response !== undefined ? "whole" : "broken",
      response,
      tokens: made?.kind === "bytes" ? countTokens(response, request.document, deltas) : made?.tokens(),
      endedAt: Date.now(),
    };
    const facts: RequestFacts = {
      request_id: requestId,
      key: run.owner,
      key_id: run.owner,
      method: "POST",
      transport: "http",
      route: "background",
      mode,
      status: failure?.status ?? 200,
      error_code: failure?.code ?? null,
      ttfb_ms: record.trace.waitedMs,
    };
    await reportRequest({ bindings, config: call.config, record, facts, end });
  }
}

/** Upstream's bytes as events: its own, or the one that ends a run without events. */
async function* readBytes(
  { body }: BytesAnswer,
  { response: opened }: RunJob,
  { config, signal }: Call,
): AsyncGenerator<readonly RunEvent[]> {
  if (body instanceof ReadableStream) {
    yield* readNativeEvents(body, { signal, silenceMs: config.upstreamTimeoutMs });
    return;
  }
  const answer = parseRecord(new TextDecoder().decode(body));
  // The request's settings, for an answer that doesn't repeat them.
  const { id: _id, status: _status, output: _output, ...settings } = opened;
  const whole = answer === undefined ? undefined : { ...settings, ...withoutNulls(answer) };
  yield [closeRun(fillResponse(whole).response)];
}

/** Upstream's Response under the id and with the settings that were sent to the client at the start. */
function adopt(response: JsonRecord, opened: JsonRecord): JsonRecord {
  const { id, created_at, background, store, previous_response_id, conversation } = opened;
  const own = { id, created_at, background, store, previous_response_id };
  return { ...opened, ...response, ...own, ...(conversation !== undefined && { conversation }) };
}
