import { checkKey, type Credentials } from "../access/check-key.ts";
import { spendRequest } from "../access/limit-rate.ts";
import { answer, endOf, makeAnswer, prepareRequest } from "../answer.ts";
import type { Bindings } from "../bindings.ts";
import type { Answer, Call, Caller, CallRecord, CheckedRequest, EventsAnswer, Mode } from "../call.ts";
import { checkRequest } from "../check-request.ts";
import { type ApiError, clientLeft } from "../errors.ts";
import type { MemoryHold } from "../http/hold-memory.ts";
import { makeCall } from "../http/start-call.ts";
import { checkBudgets } from "../metering/check-budget.ts";
import { startRecord } from "../metering/meter-request.ts";
import { openAnswer } from "../native/open-answer.ts";
import { isTerminal, type TerminalEvent } from "../protocol/events.ts";
import { type JsonRecord, readText } from "../protocol/json.ts";
import type { Context } from "../state/context.ts";
import { openContext } from "../state/load-context.ts";
import { continueFromMemory, isStored } from "../state/save.ts";
import { outputOf } from "../state/stored-item.ts";
import { toApiError } from "../to-api-error.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { countSubrequests, type Subrequests } from "./count-subrequests.ts";
import { previousNotHeld } from "./frame-errors.ts";
import type { HeldContext, HeldContexts, LaneName } from "./held-contexts.ts";
import { reportTurn } from "./report-turn.ts";
import type { Slots } from "./slots.ts";
import { warmUp } from "./warm-up.ts";

/** The request that opened a connection. */
export interface Opening {
  readonly bindings: Bindings;
  readonly mode: Mode;
  /** The path of the route table. */
  readonly route: string;
  readonly requestId: string;
  readonly caller: Caller;
  /** Checked again for every turn. */
  readonly credentials: Credentials;
}

/** What the turns of a connection have in common. */
export interface Session {
  readonly opening: Opening;
  readonly held: HeldContexts;
  /** Turns that call upstream at once. */
  readonly upstreamSlots: Slots;
}

/** A `response.create` whose turn it is. */
export interface Turn {
  readonly requestId: string;
  readonly lane: LaneName;
  /** False for a warm-up: no model is called. */
  readonly generate: boolean;
  readonly document: JsonRecord;
  /** Its part of the isolate's memory. */
  readonly memory: MemoryHold;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
  /** Called once, when the answer begins. */
  readonly begin: () => void;
  readonly send: (event: object) => void;
}

/** How far a turn got before it ended. */
interface Progress {
  caller: Caller | undefined;
  request: CheckedRequest | undefined;
  /** What it continues, where that is held in memory. */
  previous: HeldContext | undefined;
}

/**
 * Answers a turn, as a request over HTTP is answered: its key, its rate and its budget are checked anew, and it has its
 * line in the log. Gives the error that refuses it, undefined for a turn whose events were sent; and what subrequests it
 * took.
 */
export async function runTurn(
  session: Session,
  turn: Turn,
): Promise<{ error: ApiError | undefined; subrequests: Subrequests }> {
  const { bindings } = session.opening;
  const { requestId, signal } = turn;
  const record = startRecord();
  const progress: Progress = { caller: undefined, request: undefined, previous: undefined };
  let error: ApiError | undefined;
  try {
    await answerTurn(session, { turn, record, progress });
  } catch (thrown) {
    error = signal.aborted ? clientLeft() : toApiError(thrown, requestId);
  }
  const { caller, request } = progress;
  const end = error === undefined ? await record.answerEnd : undefined;
  reportTurn(session.opening, { requestId, caller, error, record, end });
  const isContextHeld = progress.previous !== undefined;
  return { error, subrequests: countSubrequests({ bindings, record }, { request, isContextHeld }) };
}

/** @throws {ApiError} what refuses the turn before its first event */
async function answerTurn(
  { opening, held, upstreamSlots }: Session,
  { turn, record, progress }: { turn: Turn; record: CallRecord; progress: Progress },
): Promise<void> {
  const { bindings, mode, credentials } = opening;
  const { document, lane, requestId, signal } = turn;
  const previous = held.find(readText(document["previous_response_id"]), lane);
  progress.previous = previous;
  const isOwn = previous !== undefined && previous.lane === lane;
  try {
    const caller = await checkKey(bindings, credentials);
    progress.caller = caller;
    await spendRequest(bindings, caller);
    await checkBudgets(bindings, caller);
    if (previous === undefined && isUnstored(document, bindings)) throw previousNotHeld();
    const call = makeCall({ bindings, caller, requestId, signal, record, memory: turn.memory });
    const opened = previous === undefined ? openContext(call, mode, document) : Promise.resolve(previous.earlier);
    const request = checkRequest(mode, document, { bindings, isContextHeld: previous !== undefined });
    progress.request = request;
    const freeSlot = turn.generate ? await upstreamSlots.take() : undefined;
    try {
      if (signal.aborted) throw clientLeft();
      const prepared = await prepareRequest(call, request, opened);
      const made = await answer(call, request, { prepared, make: turn.generate ? makeEvents : warmUp });
      if (made.kind === "bytes") throw invalidAnswer("it has no events");
      await sendEvents(made, {
        turn,
        record,
        onEnd(event) {
          // Where nobody else wants it, for the log.
          record.answerEnd ??= Promise.resolve(endOf(made, event));
          if (event.type === "response.failed") {
            if (isOwn) held.drop(lane);
            return;
          }
          const hasTurn = isStored(request.document, bindings);
          held.keep(lane, holdContext(event, { context: prepared.context, hasTurn }));
        },
      });
    } finally {
      freeSlot?.();
    }
  } catch (error) {
    if (isOwn) held.drop(lane);
    throw error;
  }
}

/** A document that continues what can't be in storage. */
function isUnstored({ previous_response_id: previousId, store }: JsonRecord, { THREADS }: Bindings): boolean {
  return typeof previousId === "string" && (store === false || THREADS === undefined);
}

async function makeEvents(call: Call, request: CheckedRequest, responseId: string): Promise<Answer> {
  return openAnswer(await makeAnswer(call, request, responseId), call, request.document);
}

/** What the next turn of a lane may continue. Only input and output are held: what else a frame says holds for its turn. */
function holdContext(
  { response }: TerminalEvent,
  { context, hasTurn }: { context: Context; hasTurn: boolean },
): HeldContext {
  // Upstream's own Response (native mode) may lack an output.
  const output = JSON.stringify(outputOf(response));
  const added = JSON.stringify(context.own).length + sizeOfConversions(context) + output.length;
  return { responseId: response.id, earlier: continueFromMemory(context, { response, bytes: added, hasTurn }) };
}

/** What a file was turned into may be longer than the file. */
function sizeOfConversions({ conversions }: Context): number {
  return conversions === undefined ? 0 : JSON.stringify([...conversions.values()]).length;
}

/** Sends the events of an answer. What HTTP has in the header `warning`, the first of them says. */
async function sendEvents(
  { events, warnings }: EventsAnswer,
  {
    turn: { lane, begin, send },
    record,
    onEnd,
  }: { turn: Turn; record: CallRecord; onEnd: (event: TerminalEvent) => void },
): Promise<void> {
  begin();
  const ofLane = lane === undefined ? {} : { stream_id: lane };
  for await (const batch of events) {
    for (const event of batch) {
      if (isTerminal(event)) onEnd(event);
      const isFirst = record.ttfbMs === undefined;
      record.ttfbMs ??= Date.now() - record.startedAt;
      send({ ...event, ...ofLane, ...(isFirst && warnings.size > 0 && { warnings: [...warnings] }) });
    }
  }
}
