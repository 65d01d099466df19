import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "../config.ts";
import { ApiError } from "../errors.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { appendEvents } from "./event-log.ts";
import { followEvents } from "./follow-events.ts";
import { readSchemaVersion } from "./migrate.ts";
import {
  eraseDocument,
  openRecord,
  readDocument,
  readRecord,
  type ResponseRecord,
  writeDocument,
  writeRecord,
  writeStatus,
} from "./response-record.ts";
import type { KeptResponse, ResponseRpc, ResponseToKeep, ResponseToMake } from "./response-rpc.ts";
import { closeRun, Run, type RunEvent } from "./run.ts";

/**
 * Milliseconds. A run is part of an alarm, and an alarm may take 15 minutes
 * (developers.cloudflare.com/durable-objects/api/alarms).
 */
const longestRun = 14 * 60_000;

/** How a run can fail that is no failure of the model, as the Response's error. */
const failures: ReadonlyMap<string, string> = new Map([
  ["background_run_lost", "The Worker was restarted while it made this response. Send the request again."],
  [
    "background_run_too_long",
    "The model did not finish within 14 minutes. Ask for less, or send the request without `background`.",
  ],
  ["background_run_broken", "Something went wrong inside the Worker while it made this response. Send it again."],
]);

/** What a background run answers. */
export interface RunJob {
  /** What was handed to `start` as `job`. */
  job: JsonRecord;
  /** The Response so far: id, times, and all that echoes the request. */
  response: JsonRecord;
  /** Name of the key that asked. */
  owner: string;
  /** Aborts when the run is cancelled or takes too long. */
  signal: AbortSignal;
}

/**
 * One response: its name is the response's id, its storage all that is kept of it, until its alarm erases that.
 *
 * A background run is the work of an alarm too. Alarms fire at least once: when the machine or the Worker's version goes
 * away in the midst of one, the next instance is woken by the same alarm, and finds a run that is said to go on and
 * doesn't. It fails it. Nothing is run twice.
 */
export abstract class ResponseObject extends DurableObject<Bindings> implements ResponseRpc {
  #run: Run | undefined;
  #news = Promise.withResolvers<void>();

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    openRecord(context.storage);
    if (readRecord(context.storage.sql)?.status === "running") this.#finish(this.#fail("background_run_lost"));
  }

  /**
   * Answers the request of a job: events without their numbers, the last one terminal. What it throws fails the run.
   */
  protected abstract answer(job: RunJob): AsyncIterable<RunEvent>;

  async keep(response: ResponseToKeep): Promise<boolean> {
    const { expiresAt } = response;
    if (!(await this.#write(response, { status: "final", kind: "foreground" }))) return false;
    await this.ctx.storage.setAlarm(expiresAt);
    return true;
  }

  async start({ job, streamed, ...response }: ResponseToMake): Promise<boolean> {
    const { storage } = this.ctx;
    if (!(await this.#write(response, { status: "queued", kind: streamed ? "streamed" : "background" }))) return false;
    writeDocument(storage.sql, "job", job);
    if (streamed) {
      const queued = parseKept(response.response);
      appendEvents(storage.sql, [
        { type: "response.created", response: queued },
        { type: "response.queued", response: queued },
      ]);
    }
    await storage.setAlarm(Date.now());
    return true;
  }

  async read(owner: string): Promise<KeptResponse | undefined> {
    const record = this.#recordOf(owner);
    return record === undefined ? undefined : this.#describe(record);
  }

  async readContext(owner: string): Promise<(KeptResponse & { items: string }) | undefined> {
    const record = this.#recordOf(owner);
    if (record === undefined) return undefined;
    return { ...this.#describe(record), items: readDocument(this.ctx.storage.sql, "items") };
  }

  async follow(owner: string, from: number): Promise<Response | undefined> {
    if (this.#recordOf(owner) === undefined) return undefined;
    const { sql } = this.ctx.storage;
    const status = () => this.#recordOf(owner)?.status;
    return new Response(followEvents({ sql, from, status, news: () => this.#news.promise }));
  }

  async cancel(owner: string): Promise<KeptResponse | undefined> {
    const record = this.#recordOf(owner);
    if (record === undefined) return undefined;
    if (record.status !== "final") this.#finish({ ...this.#unfinished(), status: "cancelled" });
    return this.#describe({ ...record, status: "final" });
  }

  async erase(owner: string): Promise<boolean> {
    if (this.#recordOf(owner) === undefined) return false;
    await this.#eraseAll();
    return true;
  }

  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage;
    const record = readRecord(sql);
    if (record?.status === "queued") await this.#work(record);
    // Erased since, or past its time. An alarm may also be early, by the clock of the machine that it fires on.
    const { expiresAt } = readRecord(sql) ?? {};
    if (expiresAt === undefined) await this.#eraseAll();
    else await this.ctx.storage.setAlarm(expiresAt);
  }

  async #work({ owner, kind }: ResponseRecord): Promise<void> {
    const { storage } = this.ctx;
    const streamed = kind === "streamed";
    const run = new Run(streamed ? () => this.#writeWaiting(run) : undefined);
    this.#run = run;
    const response = { ...this.#current(), status: "in_progress" };
    storage.transactionSync(() => {
      writeStatus(storage.sql, "running");
      writeDocument(storage.sql, "response", JSON.stringify(response));
      if (streamed) appendEvents(storage.sql, [{ type: "response.in_progress", response }]);
    });
    this.#tellNews();

    const deadline = AbortSignal.timeout(longestRun);
    const signal = AbortSignal.any([run.signal, deadline]);
    const job = parseKept(readDocument(storage.sql, "job"));
    let last = this.#fail("background_run_broken");
    try {
      for await (const event of this.answer({ job, response, owner, signal })) {
        const ending = run.take(event);
        if (ending !== undefined) last = ending;
        if (ending !== undefined || signal.aborted) break;
      }
    } catch (error) {
      last = this.#explain(error, signal.aborted);
    }
    // Otherwise it was cancelled or erased meanwhile.
    if (this.#run === run) this.#finish(deadline.aborted ? this.#fail("background_run_too_long") : last);
  }

  /** What was thrown, as the Response's error. Its own text is shown only when it was written to be. */
  #explain(error: unknown, wasStopped: boolean): JsonRecord {
    if (error instanceof ApiError) return this.#fail(error.code, error.message);
    const kind = error instanceof Error ? error.name : "unknown";
    if (!wasStopped) console.error(JSON.stringify({ event: "background_run_broken", kind }));
    return this.#fail("background_run_broken");
  }

  #writeWaiting(run: Run): void {
    if (this.#run !== run) return;
    appendEvents(this.ctx.storage.sql, run.takeWaiting());
    this.#tellNews();
  }

  /** Makes the Response final and ends the run, if there is one. */
  #finish(response: JsonRecord): void {
    const { storage } = this.ctx;
    const waiting = this.#run?.takeWaiting() ?? [];
    storage.transactionSync(() => {
      if (readRecord(storage.sql)?.kind === "streamed") appendEvents(storage.sql, [...waiting, closeRun(response)]);
      writeStatus(storage.sql, "final");
      writeDocument(storage.sql, "response", JSON.stringify(response));
      eraseDocument(storage.sql, "job");
    });
    this.#run?.stop();
    this.#run = undefined;
    this.#tellNews();
  }

  /** Those who follow the events look again. */
  #tellNews(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  #current(): JsonRecord {
    return parseKept(readDocument(this.ctx.storage.sql, "response"));
  }

  #unfinished(): JsonRecord {
    return { ...this.#current(), output: this.#run?.output() ?? [] };
  }

  #fail(code: string, message = failures.get(code)): JsonRecord {
    return { ...this.#unfinished(), status: "failed", error: { code, message } };
  }

  /** Writes all or nothing. Returns false when there is a response here already. */
  async #write(
    { owner, expiresAt, response, items }: ResponseToKeep,
    { status, kind }: Pick<ResponseRecord, "status" | "kind">,
  ): Promise<boolean> {
    const { storage } = this.ctx;
    if (readRecord(storage.sql) !== undefined) return false;
    // What is left here is past its time, and its alarm is late.
    if (readSchemaVersion(storage.sql) > 0) await storage.deleteAll();
    storage.transactionSync(() => {
      writeRecord(storage, { owner, status, kind, expiresAt });
      writeDocument(storage.sql, "items", items);
      writeDocument(storage.sql, "response", response);
    });
    return true;
  }

  #recordOf(owner: string): ResponseRecord | undefined {
    const record = readRecord(this.ctx.storage.sql);
    return record?.owner === owner ? record : undefined;
  }

  #describe({ status, kind }: ResponseRecord): KeptResponse {
    return { status, kind, response: readDocument(this.ctx.storage.sql, "response") };
  }

  async #eraseAll(): Promise<void> {
    this.#run?.stop();
    this.#run = undefined;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#tellNews();
  }
}

/** What this object has written is JSON: anything else is damage. */
function parseKept(source: string): JsonRecord {
  const record = parseRecord(source);
  if (record === undefined) throw new Error("a kept document is damaged");
  return record;
}
