import { DurableObject } from "cloudflare:workers";
import type { JsonBytes } from "../../state/json-bytes.ts";
import { joinPieces } from "../../state/pieces.ts";
import type {
  AppendedItems,
  ContextOptions,
  ContextSource,
  ItemPage,
  PackedItems,
  PageOf,
  SavedTurn,
  StoredConversation,
  StoredTurn,
  ThreadContext,
  ThreadRpc,
  TurnKind,
  TurnToSave,
} from "../../state/thread-rpc.ts";
import { appendItems, readConversation, removeConversation, removeItem } from "./conversation-list.ts";
import { deleteExpired, deleteTurn, findNextExpiry, isEmpty } from "./delete-turn.ts";
import { listConversation, listInput } from "./list-page.ts";
import { findTurn, readConversationContext, readTurn, readTurnContext } from "./read-context.ts";
import { claimItem, readItems, readListedItem } from "./read-items.ts";
import { roundAlarm } from "./round-alarm.ts";
import { endsRun, saveTurn } from "./save-turn.ts";
import { createConversationTables, createThreadTables, readThread, type ThreadRow } from "./thread-schema.ts";

/**
 * The Durable Object behind the binding THREADS: a tree of turns of one owner, each with its items and its Response, and
 * a conversation if one was made here. Items live once, however many turns stand on them. Several threads may grow in
 * one object: each is a root of its own.
 */
export class Thread extends DurableObject implements ThreadRpc {
  #thread: ThreadRow | undefined;

  async readContext(owner: string, source: ContextSource, options: ContextOptions): Promise<ThreadContext | undefined> {
    const thread = this.#open(owner);
    if (thread === undefined) return undefined;
    const { sql } = this.ctx.storage;
    if (source !== "conversation") return readTurnContext(sql, source.turn, options);
    return thread.hasConversation ? readConversationContext(sql, options) : undefined;
  }

  async saveTurn(turn: TurnToSave): Promise<SavedTurn> {
    const thread = this.#read();
    if (thread === undefined && endsRun(turn)) return { outcome: "deleted" };
    // What it continues was deleted, and the object with it. A thread of another owner is none to this one.
    if (thread === undefined ? turn.parent !== undefined : thread.owner !== turn.owner) return { outcome: "no_parent" };
    const { storage } = this.ctx;
    const wakesAt = turn.expiresAt === undefined ? undefined : earlierAlarm(thread, turn.expiresAt);
    const saved = storage.transactionSync(() => {
      if (thread === undefined) createThreadTables(storage.sql, turn.owner);
      const outcome = saveTurn(storage.sql, turn, thread?.hasConversation === true);
      if (wakesAt !== undefined) writeAlarm(storage.sql, wakesAt);
      return outcome;
    });
    this.#thread = { hasConversation: false, ...thread, owner: turn.owner, wakesAt: wakesAt ?? thread?.wakesAt };
    // In one turn of the event loop with what it will delete: either both are there or none.
    if (wakesAt !== undefined) await storage.setAlarm(wakesAt);
    return saved;
  }

  async readTurn(owner: string, turn: number): Promise<StoredTurn | undefined> {
    return this.#open(owner) === undefined ? undefined : readTurn(this.ctx.storage.sql, turn);
  }

  async listInput(owner: string, turn: number, page: PageOf): Promise<ItemPage | undefined> {
    return this.#open(owner) === undefined ? undefined : listInput(this.ctx.storage.sql, turn, page);
  }

  async readItems(owner: string, ids: string[]): Promise<{ ids: string[]; items: JsonBytes }> {
    return readItems(this.ctx.storage.sql, this.#open(owner) === undefined ? [] : ids);
  }

  async claimItem(owner: string, id: string): Promise<boolean> {
    return this.#open(owner) !== undefined && claimItem(this.ctx.storage.sql, id);
  }

  async deleteTurn(owner: string, turn: number): Promise<TurnKind | undefined> {
    const thread = this.#open(owner);
    const { storage } = this.ctx;
    const found = thread === undefined ? undefined : findTurn(storage.sql, turn);
    if (thread === undefined || found === undefined) return undefined;
    storage.transactionSync(() => deleteTurn(storage.sql, turn, thread.hasConversation));
    await this.#deleteIfEmpty(thread);
    return found.kind;
  }

  async createConversation(owner: string, conversation: StoredConversation, items: PackedItems): Promise<void> {
    const { storage } = this.ctx;
    const thread = this.#read();
    // Its id is new, so there is nothing here unless a call came twice.
    if (thread !== undefined) return;
    storage.transactionSync(() => {
      createThreadTables(storage.sql, owner);
      createConversationTables(storage.sql);
      const { createdAt, metadata } = conversation;
      storage.sql.exec("INSERT INTO conversation VALUES (?, ?, 0, 0, 0)", createdAt, metadata);
      appendItems(storage.sql, items);
    });
    this.#thread = { owner, wakesAt: undefined, hasConversation: true };
  }

  async readConversation(owner: string): Promise<StoredConversation | undefined> {
    return this.#openConversation(owner) ? readConversation(this.ctx.storage.sql) : undefined;
  }

  async updateConversation(owner: string, metadata: string): Promise<StoredConversation | undefined> {
    if (!this.#openConversation(owner)) return undefined;
    this.ctx.storage.sql.exec("UPDATE conversation SET metadata = ?", metadata);
    return readConversation(this.ctx.storage.sql);
  }

  async deleteConversation(owner: string): Promise<boolean> {
    const { storage } = this.ctx;
    const thread = this.#open(owner);
    if (thread?.hasConversation !== true || readConversation(storage.sql) === undefined) return false;
    storage.transactionSync(() => removeConversation(storage.sql));
    await this.#deleteIfEmpty(thread);
    return true;
  }

  async appendItems(owner: string, items: PackedItems): Promise<AppendedItems> {
    if (!this.#openConversation(owner)) return { outcome: "gone", ids: [] };
    const { storage } = this.ctx;
    return storage.transactionSync(() => appendItems(storage.sql, items));
  }

  async listItems(owner: string, page: PageOf): Promise<ItemPage | undefined> {
    return this.#openConversation(owner) ? listConversation(this.ctx.storage.sql, page) : undefined;
  }

  async readItem(owner: string, id: string): Promise<JsonBytes | null | undefined> {
    const { sql } = this.ctx.storage;
    if (!this.#openConversation(owner) || readConversation(sql) === undefined) return undefined;
    const pieces = readListedItem(sql, id);
    return pieces.length === 0 ? null : joinPieces(pieces.map(({ data }) => data));
  }

  async deleteItem(owner: string, id: string): Promise<StoredConversation | false | undefined> {
    if (!this.#openConversation(owner)) return undefined;
    const { storage } = this.ctx;
    const conversation = readConversation(storage.sql);
    if (conversation === undefined) return undefined;
    return storage.transactionSync(() => removeItem(storage.sql, id)) && conversation;
  }

  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const thread = this.#read();
    if (thread === undefined) return;
    const now = Date.now();
    const wakesAt = storage.transactionSync(() => {
      const more = deleteExpired(storage.sql, now, thread.hasConversation);
      const next = more ? now : findNextExpiry(storage.sql);
      const alarm = next === undefined ? undefined : roundAlarm(next);
      writeAlarm(storage.sql, alarm);
      return alarm;
    });
    this.#thread = { ...thread, wakesAt };
    if (wakesAt !== undefined) await storage.setAlarm(wakesAt);
    else await this.#deleteIfEmpty(thread);
  }

  /** What is here for this owner; undefined for any other, and when nothing is. */
  #open(owner: string): ThreadRow | undefined {
    const thread = this.#read();
    return thread?.owner === owner ? thread : undefined;
  }

  #openConversation(owner: string): boolean {
    return this.#open(owner)?.hasConversation === true;
  }

  #read(): ThreadRow | undefined {
    this.#thread ??= readThread(this.ctx.storage.sql);
    return this.#thread;
  }

  async #deleteIfEmpty({ hasConversation }: ThreadRow): Promise<void> {
    const { storage } = this.ctx;
    if (!isEmpty(storage.sql, hasConversation)) return;
    this.#thread = undefined;
    // The alarm too, with it or not at all.
    await storage.deleteAll();
  }
}

/** When the alarm has to ring for this expiry, if that is before it rings anyway. */
function earlierAlarm(thread: ThreadRow | undefined, expiresAt: number): number | undefined {
  const wakesAt = roundAlarm(expiresAt);
  return thread?.wakesAt === undefined || wakesAt < thread.wakesAt ? wakesAt : undefined;
}

function writeAlarm(sql: SqlStorage, wakesAt: number | undefined): void {
  sql.exec("UPDATE thread SET wakes_at = ?", wakesAt ?? null);
}
