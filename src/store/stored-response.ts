import { DurableObject } from "cloudflare:workers";
import {
  openRecord,
  readDocument,
  readRecord,
  type ResponseRecord,
  writeDocument,
  writeRecord,
} from "./response-record.ts";
import type { ResponseContext, ResponseRpc, ResponseToKeep } from "./response-rpc.ts";

/** One response: its name is the response's id, its storage all that is kept of it, until its alarm erases that. */
export class StoredResponse extends DurableObject implements ResponseRpc {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    openRecord(context.storage);
  }

  async keep({ owner, expiresAt, response, items }: ResponseToKeep): Promise<boolean> {
    const { storage } = this.ctx;
    if (readRecord(storage.sql) !== undefined) return false;
    // What is left here has run out, and its alarm is late.
    await storage.deleteAll();
    storage.transactionSync(() => {
      writeRecord(storage, { owner, status: "final", expiresAt });
      writeDocument(storage.sql, "items", items);
      writeDocument(storage.sql, "response", response);
    });
    await storage.setAlarm(expiresAt);
    return true;
  }

  async read(owner: string): Promise<string | undefined> {
    return this.#recordOf(owner) === undefined ? undefined : readDocument(this.ctx.storage.sql, "response");
  }

  async readContext(owner: string): Promise<ResponseContext | undefined> {
    if (this.#recordOf(owner) === undefined) return undefined;
    const { sql } = this.ctx.storage;
    return { response: readDocument(sql, "response"), items: readDocument(sql, "items") };
  }

  async erase(owner: string): Promise<boolean> {
    if (this.#recordOf(owner) === undefined) return false;
    await this.#eraseAll();
    return true;
  }

  override async alarm(): Promise<void> {
    const record = readRecord(this.ctx.storage.sql);
    // An alarm may fire before its time by the clock of the machine that it fires on.
    if (record === undefined) await this.#eraseAll();
    else await this.ctx.storage.setAlarm(record.expiresAt);
  }

  #recordOf(owner: string): ResponseRecord | undefined {
    const record = readRecord(this.ctx.storage.sql);
    return record?.owner === owner ? record : undefined;
  }

  async #eraseAll(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}
