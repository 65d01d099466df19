import { DurableObject } from "cloudflare:workers";
import { answerJob } from "../background/answer-job.ts";
import { continueConversation } from "../background/continue-conversation.ts";
import { appendEvents } from "../background/event-log.ts";
import { failures, logFailure } from "../background/failures.ts";
import { followEvents } from "../background/follow-events.ts";
import type { RunJob } from "../background/run-job.ts";
import { closeRun, Run, type RunEvent } from "../background/run.ts";
import type { Bindings } from "../config.ts";
import { ApiError } from "../errors.ts";
import { type JsonRecord, parseRecord } from "../protocol/json.ts";
import { decodeJson, type JsonBytes, renderJson } from "../state/json-bytes.ts";
import type { ResponseRpc, ResponseToMake, ResponseToStore, StoredRecord } from "../state/response-rpc.ts";
import {
  deleteDocument,
  openRecord,
  readDocument,
  readRecord,
  type ResponseRecord,
  writeDocument,
  writeRecord,
  writeStatus,
} from "./response-record.ts";

/**
 * Milliseconds. A run is part of an alarm, and an alarm may take 15 minutes
 * (developers.cloudflare.com/durable-objects/api/alarms).
 */
const longestRun = 14 * 60_000;

/**
 * The Durable Object behind the binding RESPONSES: one response. Its name is the response's id, its storage all that is
 * stored of it, until its alarm deletes that.
 *
 * A background run is the work of an alarm too. Alarms fire at least once: when the machine or the Worker's version goes
 * away in the midst of one, the retried alarm finds status `running` with no run in memory, and fails it. Nothing is run
 * twice. A run that had its answer is not failed: it is ended from what is written.
 */
export class StoredResponse extends DurableObject<Bindings> implements ResponseRpc {
  #run: Run | undefined;
  #closing: Promise<void> | undefined;
  #change = Promise.withResolvers<void>();

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    openRecord(context.storage);
    if (readRecord(context.storage.sql)?.status === "running") this.#finish(this.#fail("background_run_lost"));
  }

  /**
   * Answers the request of a job: events without their numbers, the last one terminal. What it throws fails the run.
   * `signal` aborts when the run is cancelled or takes too long.
   */
  protected answer(job: RunJob, signal: AbortSignal): AsyncIterable<RunEvent> {
    return answerJob(job, { bindings: this.env, signal });
  }

  /** What has to be done before anybody may see that a run has ended with this Response; undefined when nothing has. */
  protected continuation(job: RunJob, response: JsonRecord): (() => Promise<void>) | undefined {
    return continueConversation(job, { response, bindings: this.env });
  }

  async store(response: ResponseToStore): Promise<boolean> {
    const { storage } = this.ctx;
    if (readRecord(storage.sql) !== undefined) return false;
    storage.transactionSync(() => this.#write(response, { status: "final", kind: "foreground" }));
    // No await since the write, so data and alarm commit together.
    await storage.setAlarm(response.expiresAt);
    return true;
  }

  async start({ job, streamed, ...response }: ResponseToMake): Promise<boolean> {
    const { storage } = this.ctx;
    if (readRecord(storage.sql) !== undefined) return false;
    storage.transactionSync(() => {
      this.#write(response, { status: "queued", kind: streamed ? "streamed" : "background" });
      writeDocument(storage.sql, "job", job);
      if (!streamed) return;
      const queued = parseStored(response.response);
      appendEvents(storage.sql, [
        { type: "response.created", response: queued },
        { type: "response.queued", response: queued },
      ]);
    });
    await storage.setAlarm(Date.now());
    return true;
  }

  async read(owner: string): Promise<StoredRecord | undefined> {
    const record = this.#recordOf(owner);
    return record === undefined ? undefined : this.#describe(record);
  }

  async readContext(owner: string): Promise<(StoredRecord & { items: JsonBytes }) | undefined> {
    const record = this.#recordOf(owner);
    if (record === undefined) return undefined;
    return { ...this.#describe(record), items: readDocument(this.ctx.storage.sql, "items") };
  }

  async claim(owner: string, itemId: string): Promise<boolean> {
    if (this.#recordOf(owner) === undefined) return false;
    const { kv } = this.ctx.storage;
    const key = `claimed:${itemId}`;
    if (kv.get(key) !== undefined) return false;
    kv.put(key, true);
    return true;
  }

  async follow(owner: string, from: number): Promise<Response | undefined> {
    if (this.#recordOf(owner) === undefined) return undefined;
    const { storage } = this.ctx;
    const status = () => this.#recordOf(owner)?.status;
    return new Response(followEvents({ storage, from, status, news: () => this.#change.promise }));
  }

  async cancel(owner: string): Promise<StoredRecord | undefined> {
    const record = this.#recordOf(owner);
    if (record === undefined) return undefined;
    // Its end is decided: too late.
    if (record.status === "closing") await this.#close();
    else if (record.status !== "final") this.#finish({ ...this.#unfinished(), status: "cancelled" });
    return this.read(owner);
  }

  async delete(owner: string): Promise<boolean> {
    if (this.#recordOf(owner) === undefined) return false;
    await this.#deleteAll();
    return true;
  }

  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage;
    const record = readRecord(sql);
    if (record?.status === "queued") await this.#work(record);
    else if (record?.status === "closing") await this.#close();
    // Alarms never overlap, so the one that ran this has failed.
    else if (record?.status === "running") this.#finish(this.#fail("background_run_lost"));
    // Deleted since, or past its time. An alarm may also be early, by the clock of the machine that it fires on.
    const { expiresAt } = readRecord(sql) ?? {};
    if (expiresAt === undefined) await this.#deleteAll();
    else await this.ctx.storage.setAlarm(expiresAt);
  }

  async #work({ kind }: ResponseRecord): Promise<void> {
    const { storage } = this.ctx;
    const streamed = kind === "streamed";
    const response = { ...this.#current(), status: "in_progress" };
    storage.transactionSync(() => {
      writeStatus(storage.sql, "running");
      writeDocument(storage.sql, "response", renderJson(response));
      if (streamed) appendEvents(storage.sql, [{ type: "response.in_progress", response }]);
    });
    const run = new Run({ longestRun, write: streamed ? () => this.#writeWaiting(run) : undefined });
    this.#run = run;
    this.#announceChange();

    const job = this.#readJob();
    let last = this.#fail("background_run_broken");
    try {
      for await (const event of this.answer(job, run.signal)) {
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
    if (this.#run === run) await this.#end(job, run.tookTooLong ? this.#fail("background_run_too_long") : last);
  }

  /** Ends the run with this Response, after its conversation, if it has one, got the turn. */
  async #end(job: RunJob, response: JsonRecord): Promise<void> {
    if (this.continuation(job, response) === undefined) return this.#finish(response);
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      writeStatus(storage.sql, "closing");
      writeDocument(storage.sql, "ending", renderJson(response));
    });
    await this.#close();
  }

  /** Takes up the end that was decided: also of a run that an earlier instance of this object has made. */
  #close(): Promise<void> {
    this.#closing ??= this.#continueAndFinish().finally(() => (this.#closing = undefined));
    return this.#closing;
  }

  async #continueAndFinish(): Promise<void> {
    const { sql } = this.ctx.storage;
    const response = parseStored(readDocument(sql, "ending"));
    await this.continuation(this.#readJob(), response)?.();
    // Otherwise it was deleted meanwhile.
    if (readRecord(sql)?.status === "closing") this.#finish(response);
  }

  #readJob(): RunJob {
    const { sql } = this.ctx.storage;
    return {
      job: parseStored(readDocument(sql, "job")),
      items: () => readDocument(sql, "items"),
      response: this.#current(),
      owner: readRecord(sql)?.owner ?? "",
    };
  }

  #writeWaiting(run: Run): void {
    if (this.#run !== run) return;
    const { storage } = this.ctx;
    try {
      storage.transactionSync(() => appendEvents(storage.sql, run.waiting()));
    } catch (error) {
      // They stay in the queue, and go with those that come after them, or with the end.
      logFailure({ event: "background_events_delayed", error });
      return;
    }
    run.forgetWaiting();
    this.#announceChange();
  }

  /** Makes the Response final and ends the run, if there is one. */
  #finish(response: JsonRecord): void {
    const { storage } = this.ctx;
    const waiting = this.#run?.waiting() ?? [];
    storage.transactionSync(() => {
      if (readRecord(storage.sql)?.kind === "streamed") appendEvents(storage.sql, [...waiting, closeRun(response)]);
      writeStatus(storage.sql, "final");
      writeDocument(storage.sql, "response", renderJson(response));
      deleteDocument(storage.sql, "job");
      deleteDocument(storage.sql, "ending");
    });
    this.#run?.stop();
    this.#run = undefined;
    this.#announceChange();
  }

  /** Those who follow the events look again. */
  #announceChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  #current(): JsonRecord {
    return parseStored(readDocument(this.ctx.storage.sql, "response"));
  }

  #unfinished(): JsonRecord {
    return { ...this.#current(), output: this.#run?.output() ?? [] };
  }

  #fail(code: string, message = failures.get(code)): JsonRecord {
    return { ...this.#unfinished(), status: "failed", error: { code, message } };
  }

  #write(
    { owner, expiresAt, response, items }: ResponseToStore,
    { status, kind }: Pick<ResponseRecord, "status" | "kind">,
  ): void {
    const { storage } = this.ctx;
    writeRecord(storage, { owner, status, kind, expiresAt });
    writeDocument(storage.sql, "items", items);
    writeDocument(storage.sql, "response", response);
  }

  #recordOf(owner: string): ResponseRecord | undefined {
    const record = readRecord(this.ctx.storage.sql);
    return record?.owner === owner ? record : undefined;
  }

  #describe({ status, kind }: ResponseRecord): StoredRecord {
    return { status, kind, response: readDocument(this.ctx.storage.sql, "response") };
  }

  async #deleteAll(): Promise<void> {
    this.#run?.stop();
    this.#run = undefined;
    // The alarm too, with it or not at all: without one, what is left would stay for good.
    await this.ctx.storage.deleteAll();
    this.#announceChange();
  }
}

/** What this object wrote is JSON: anything else is damage. */
function parseStored(source: JsonBytes): JsonRecord {
  const record = parseRecord(decodeJson(source));
  if (record === undefined) throw new Error("a stored document is damaged");
  return record;
}
