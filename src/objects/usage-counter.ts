import { DurableObject } from "cloudflare:workers";
import {
  countCall,
  counterSteps,
  countErrors,
  deleteBefore,
  grantRequests,
  markPushed,
  markUnpushed,
  readUnpushed,
  readUsage,
  readUsed,
} from "../metering/counter-tables.ts";
import type { AllowanceRequest, CountedCall, GrantedAllowance, UsageRow, UsageRpc } from "../metering/usage-rpc.ts";
import type { Used, UsageTotalsRpc } from "../metering/usage-totals.ts";
import { migrate } from "./migrate.ts";

/** Days a count is kept: what `GET /v1/usage` can ask for, and some more. */
const keptDays = 400;

/** How soon a change is pushed to the directory, in milliseconds: sooner when nothing was pushed for a while. */
const pushDelay = { first: 1_000, next: 30_000 };

interface Surroundings {
  KEY_DIRECTORY?: { getByName(name: string): Pick<UsageTotalsRpc, "push"> };
}

/**
 * The Durable Object behind the binding USAGE: what one key has used, and what it may still use this minute. Its name is
 * the key's name, or the id of a managed key.
 */
export class UsageCounter extends DurableObject<Surroundings> implements UsageRpc {
  #pushedAt = 0;

  constructor(context: DurableObjectState, env: Surroundings) {
    super(context, env);
    migrate(context.storage, counterSteps);
  }

  async count(owner: string, call: CountedCall): Promise<Used> {
    const { sql } = this.ctx.storage;
    countCall(sql, call);
    await this.#note(owner, call.date);
    return readUsed(sql, call.date);
  }

  async countErrors(owner: string, date: string, errors: Readonly<Record<string, number>>): Promise<void> {
    countErrors(this.ctx.storage.sql, date, errors);
    await this.#note(owner, date);
  }

  async grant(request: AllowanceRequest): Promise<GrantedAllowance> {
    const { sql } = this.ctx.storage;
    return { used: readUsed(sql, request.date), ...grantRequests(sql, request) };
  }

  async readRange(from: string, to: string): Promise<UsageRow[]> {
    return readUsage(this.ctx.storage.sql, from, to);
  }

  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage;
    const unpushed = readUnpushed(sql);
    if (unpushed === undefined) return;
    this.#pushedAt = Date.now();
    try {
      await this.env.KEY_DIRECTORY?.getByName("directory").push(unpushed.owner, unpushed.days);
    } catch {
      // The platform gives up an alarm that keeps failing: this one sets itself again.
      await this.ctx.storage.setAlarm(Date.now() + pushDelay.next);
      return;
    }
    if (markPushed(sql, unpushed.changes)) await this.ctx.storage.setAlarm(Date.now() + pushDelay.next);
  }

  /** In the same turn of the event loop as the change: either both are written or neither. */
  async #note(owner: string, date: string): Promise<void> {
    const { sql } = this.ctx.storage;
    deleteBefore(sql, new Date(Date.parse(date) - keptDays * 86_400_000).toISOString().slice(0, 10));
    if (this.env.KEY_DIRECTORY === undefined || !markUnpushed(sql, { owner, date })) return;
    await this.ctx.storage.setAlarm(Math.max(Date.now() + pushDelay.first, this.#pushedAt + pushDelay.next));
  }
}
