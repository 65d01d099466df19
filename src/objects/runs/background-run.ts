import { DurableObject } from "cloudflare:workers";
import { answerJob } from "../../background/answer-job.ts";
import { appendEvents } from "../../background/event-log.ts";
import { failureOf, logFailure } from "../../background/failures.ts";
import { followEvents } from "../../background/follow-events.ts";
import { readJob } from "../../background/job.ts";
import { closeRun, Run } from "../../background/run.ts";
import { createWebhookEvent } from "../../background/webhook.ts";
import type { Bindings } from "../../bindings.ts";
import { readValidConfig } from "../../config.ts";
import { ApiError } from "../../errors.ts";
import { type JsonRecord, readText } from "../../protocol/json.ts";
import { openThread } from "../../state/get-stored.ts";
import { type JsonBytes, renderJson } from "../../state/json-bytes.ts";
import type { RunRpc, RunToStart, StartOutcome } from "../../state/run-rpc.ts";
import { attemptDelivery } from "./attempt-delivery.ts";
import {
  createRun,
  deleteDocument,
  type DocumentName,
  parseDocument,
  readRun,
  type RunRecord,
  writeAttempts,
  writeDocument,
  writeStatus,
} from "./run-record.ts";
import { type RunEnding, saveEnding } from "./save-ending.ts";

/**
 * Milliseconds. A run is part of an alarm, and an alarm may take 15 minutes
 * (developers.cloudflare.com/durable-objects/api/alarms).
 */
const longestRun = 14 * 60_000;

/** How long a run waits for its turn to be saved, in milliseconds. After that no client can know of it. */
const longestStart = 60_000;

/** When an end that could not be saved is saved again, in milliseconds. */
const saveAgainAfter = 15_000;

/**
 * The Durable Object behind the binding RUNS: one background run. Its name is the response's id. The response is a turn
 * of a thread; this object has what makes it, its events, and its webhook, until the response expires.
 *
 * A run is the work of an alarm. Alarms fire at least once: when the machine or the Worker's version goes away in the
 * middle of one, the retried alarm finds status `running` with no run in memory, and fails it. Nothing is run twice. A
 * run whose end was decided is not failed: it ends as it was stored.
 */
export class BackgroundRun extends DurableObject<Bindings> implements RunRpc {
  #run: Run | undefined;
  #closing: Promise<void> | undefined;
  #change = Promise.withResolvers<void>();

  async start({ thread, turn, job }: RunToStart): Promise<StartOutcome> {
    const { storage } = this.ctx;
    const { owner, kind, expiresAt = 0, conversation } = turn;
    if (readRun(storage.sql) !== undefined) return "taken";
    storage.transactionSync(() => {
      const version = conversation?.version;
      createRun(storage.sql, { owner, kind, thread, turn: turn.turn, version, expiresAt });
      writeDocument(storage.sql, "job", job);
      writeDocument(storage.sql, "response", turn.response);
      if (kind !== "streamed") return;
      const response = this.#unfinished();
      appendEvents(storage.sql, [
        { type: "response.created", response },
        { type: "response.queued", response },
      ]);
    });
    // No await since the write, so data and alarm commit together.
    await storage.setAlarm(Date.now() + longestStart);
    const saved = await openThread(this.env, thread).saveTurn(turn);
    if (saved.outcome !== "saved") {
      await this.#deleteAll();
      return "no_parent";
    }
    writeStatus(storage.sql, "queued");
    await storage.setAlarm(Date.now());
    return "started";
  }

  async read(owner: string): Promise<JsonBytes | undefined> {
    const record = this.#recordOf(owner);
    if (record?.status === "closing") await this.#close();
    if (record?.status === "running" && this.#run === undefined) await this.#end(this.#fail("background_run_lost"));
    const { status } = this.#recordOf(owner) ?? {};
    return status === undefined || status === "final" ? undefined : renderJson(this.#unfinished([]));
  }

  async follow(owner: string, from: number): Promise<Response | undefined> {
    if (this.#recordOf(owner)?.kind !== "streamed") return undefined;
    const { storage } = this.ctx;
    const status = () => this.#recordOf(owner)?.status;
    return new Response(followEvents({ storage, from, status, news: () => this.#change.promise }));
  }

  async cancel(owner: string): Promise<void> {
    const record = this.#recordOf(owner);
    // Once its end is decided, it is too late.
    if (record?.status === "closing") await this.#close();
    else if (record !== undefined && record.status !== "final") {
      await this.#end({ ...this.#unfinished(), status: "cancelled" });
    }
  }

  async delete(owner: string): Promise<void> {
    if (this.#recordOf(owner) !== undefined) await this.#deleteAll();
  }

  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage;
    const record = readRun(sql);
    if (record?.status === "starting") await this.#abandon(record);
    else if (record?.status === "queued") await this.#work(record);
    // No two alarms run at once: this run's own has failed.
    else if (record?.status === "running") await this.#end(this.#fail("background_run_lost"));
    else if (record?.status === "closing") await this.#close();
    else if (record?.attemptAt !== undefined && record.attemptAt <= Date.now()) await this.#deliver(record);
    await this.#wakeNext();
  }

  /** No client knows of a run whose start did not get here: its turn, if there is one, is deleted with it. */
  async #abandon({ thread, owner, turn }: RunRecord): Promise<void> {
    await openThread(this.env, thread).deleteTurn(owner, turn);
    await this.#deleteAll();
  }

  async #work({ owner, kind, thread, turn }: RunRecord): Promise<void> {
    const { storage } = this.ctx;
    const streamed = kind === "streamed";
    const opened = { ...this.#parse("response"), status: "in_progress" };
    const response = { ...opened, output: [] };
    storage.transactionSync(() => {
      writeStatus(storage.sql, "running");
      writeDocument(storage.sql, "response", renderJson(opened));
      if (streamed) appendEvents(storage.sql, [{ type: "response.in_progress", response }]);
    });
    const run = new Run({ longestRun, write: streamed ? () => this.#writeWaiting(run) : undefined });
    this.#run = run;
    this.#announceChange();

    let last = this.#fail("background_run_broken");
    try {
      const context = await openThread(this.env, thread).readContext(
        owner,
        { turn },
        { withIds: false, mostBytes: Number.MAX_SAFE_INTEGER },
      );
      // Deleted since.
      if (context === undefined) return await this.#deleteAll();
      const job = readJob(this.#parse("job"), context);
      const answered = answerJob({ ...job, owner, response }, { bindings: this.env, signal: run.signal });
      for await (const event of answered) {
        const ending = run.take(event);
        if (ending !== undefined) last = ending;
        if (ending !== undefined || run.signal.aborted) break;
      }
    } catch (error) {
      // Cancelled or deleted: there is nothing left to read either.
      if (this.#run !== run) return;
      if (!run.signal.aborted && !(error instanceof ApiError)) logFailure({ event: "background_run_broken", error });
      last = error instanceof ApiError ? this.#fail(error.code, error.message) : this.#fail("background_run_broken");
    }
    // Otherwise it was cancelled or deleted meanwhile.
    if (this.#run === run) await this.#end(run.tookTooLong ? this.#fail("background_run_too_long") : last);
  }

  /** Decides the end of the run, saves it in its thread, and shows it. */
  async #end(response: JsonRecord): Promise<void> {
    const { storage } = this.ctx;
    const waiting = this.#run?.waiting() ?? [];
    storage.transactionSync(() => {
      if (readRun(storage.sql)?.kind === "streamed") appendEvents(storage.sql, waiting);
      writeStatus(storage.sql, "closing");
      writeDocument(storage.sql, "ending", renderJson(response));
    });
    this.#run?.forgetWaiting();
    this.#run?.stop();
    this.#run = undefined;
    await this.#close();
  }

  /** Completes the end that was decided, also in an earlier instance of this object. */
  #close(): Promise<void> {
    this.#closing ??= this.#saveAndFinish().finally(() => (this.#closing = undefined));
    return this.#closing;
  }

  async #saveAndFinish(): Promise<void> {
    const { storage } = this.ctx;
    const record = readRun(storage.sql);
    if (record?.status !== "closing") return;
    const ending: RunEnding = {
      record,
      response: this.#parse("ending"),
      requestId: readText(this.#parse("job")["requestId"]),
    };
    let response: JsonRecord | undefined;
    try {
      response = await saveEnding(openThread(this.env, record.thread), ending);
    } catch (error) {
      logFailure({ event: "background_end_delayed", error });
      await storage.setAlarm(Date.now() + saveAgainAfter);
      throw error;
    }
    // Otherwise it was deleted meanwhile.
    if (readRun(storage.sql)?.status !== "closing") return;
    if (response === undefined) await this.#deleteAll();
    else await this.#finish(response);
  }

  /** The thread has the end: now it may be seen. */
  async #finish(response: JsonRecord): Promise<void> {
    const { storage } = this.ctx;
    const { webhook } = readValidConfig(this.env) ?? {};
    const event = createWebhookEvent({ id: readText(response["id"]), status: readText(response["status"]) });
    storage.transactionSync(() => {
      if (readRun(storage.sql)?.kind === "streamed") appendEvents(storage.sql, [closeRun(response)]);
      writeStatus(storage.sql, "final");
      for (const name of ["job", "response", "ending"] as const) deleteDocument(storage.sql, name);
      if (webhook === undefined || event === undefined) return;
      writeDocument(storage.sql, "webhook", renderJson(event));
      writeAttempts(storage.sql, { attempts: 0, attemptAt: Date.now() });
    });
    this.#announceChange();
    await this.#wakeNext();
  }

  async #deliver(record: RunRecord): Promise<void> {
    const { storage } = this.ctx;
    const event = this.#parse("webhook");
    const { webhook } = readValidConfig(this.env) ?? {};
    const next = await attemptDelivery({ webhook, event, attempts: record.attempts });
    // Otherwise it was deleted meanwhile.
    if (readRun(storage.sql) === undefined) return;
    storage.transactionSync(() => {
      writeAttempts(storage.sql, next);
      if (next.attemptAt === undefined) deleteDocument(storage.sql, "webhook");
    });
  }

  /** Sets the alarm for what comes next. An ended run with nothing left to do is deleted at once. */
  async #wakeNext(): Promise<void> {
    const record = readRun(this.ctx.storage.sql);
    const isOver = record?.status === "final" && record.attemptAt === undefined && record.kind !== "streamed";
    // Deleted since, or past its time.
    if (record === undefined || isOver) await this.#deleteAll();
    else if (record.status === "final") await this.ctx.storage.setAlarm(record.attemptAt ?? record.expiresAt);
  }

  #writeWaiting(run: Run): void {
    if (this.#run !== run) return;
    const { storage } = this.ctx;
    try {
      storage.transactionSync(() => appendEvents(storage.sql, run.waiting()));
    } catch (error) {
      // They stay in the queue, and are written with those that follow, or with the end.
      logFailure({ event: "background_events_delayed", error });
      return;
    }
    run.forgetWaiting();
    this.#announceChange();
  }

  /** Wakes those who follow the events. */
  #announceChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  /** The Response so far, with what was finished of its output. */
  #unfinished(output: readonly JsonRecord[] = this.#run?.output() ?? []): JsonRecord {
    return { ...this.#parse("response"), output };
  }

  #fail(code: string, message?: string): JsonRecord {
    return { ...this.#unfinished(), status: "failed", error: failureOf(code, message) };
  }

  #recordOf(owner: string): RunRecord | undefined {
    const record = readRun(this.ctx.storage.sql);
    return record?.owner === owner ? record : undefined;
  }

  #parse(name: DocumentName): JsonRecord {
    return parseDocument(this.ctx.storage.sql, name);
  }

  async #deleteAll(): Promise<void> {
    this.#run?.stop();
    this.#run = undefined;
    // The alarm too, in the same step: data without an alarm would stay forever.
    await this.ctx.storage.deleteAll();
    this.#announceChange();
  }
}
