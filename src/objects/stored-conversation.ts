import { DurableObject } from "cloudflare:workers";
import type {
  AddedItems,
  ConversationRpc,
  ConversationToStore,
  ItemsToAdd,
  ConversationRecord,
} from "../state/conversation-rpc.ts";
import { type JsonBytes, mostBytes, renderJson } from "../state/json-bytes.ts";
import { joinItems, splitBytes } from "../state/pieces.ts";
import { freshenIds, parseStoredItems } from "../state/stored-item.ts";
import { migrate, readSchemaVersion } from "./migrate.ts";

/**
 * What brings an object's tables from one version to the next. Released steps never change; a new one goes to the end.
 *
 *   conversation   one row
 *   item           the items as they were added, in pieces
 *   turn           the background runs whose turns are among the items
 */
const conversationSteps: readonly string[] = [
  `CREATE TABLE conversation (
     owner TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, metadata TEXT NOT NULL
   );
   CREATE TABLE item (
     position INTEGER NOT NULL, piece INTEGER NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL,
     PRIMARY KEY (position, piece)
   ) WITHOUT ROWID;`,
  "CREATE TABLE turn (id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
];

/** The Durable Object behind the binding CONVERSATIONS: one conversation, until its alarm deletes it. */
export class StoredConversation extends DurableObject implements ConversationRpc {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    if (readSchemaVersion(context.storage.sql) > 0) migrate(context.storage, conversationSteps);
  }

  async create({ owner, createdAt, expiresAt, metadata, items }: ConversationToStore): Promise<void> {
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      migrate(storage, conversationSteps);
      storage.sql.exec("INSERT INTO conversation VALUES (?, ?, ?, ?)", owner, createdAt, expiresAt, metadata);
      this.#addItems(items);
    });
    // No await since the write, so data and alarm commit together.
    await storage.setAlarm(expiresAt);
  }

  async read(owner: string): Promise<ConversationRecord | undefined> {
    return this.#find(owner);
  }

  async update(owner: string, metadata: string): Promise<ConversationRecord | undefined> {
    if (this.#find(owner) === undefined) return undefined;
    this.ctx.storage.sql.exec("UPDATE conversation SET metadata = ?", metadata);
    return this.#find(owner);
  }

  async readItems(owner: string): Promise<JsonBytes | undefined> {
    if (this.#find(owner) === undefined) return undefined;
    const rows = this.ctx.storage.sql.exec<{ piece: number; data: ArrayBuffer }>(
      "SELECT piece, data FROM item ORDER BY position, piece",
    );
    return joinItems([...rows]);
  }

  async append(owner: string, { items, expiresAt, turnId }: ItemsToAdd): Promise<AddedItems> {
    if (this.#find(owner) === undefined) return { outcome: "gone", ids: [] };
    const { storage } = this.ctx;
    if (turnId !== undefined && this.#hasTurn(turnId)) return { outcome: "added", ids: [] };
    if (this.#countBytes() + items.length > mostBytes) return { outcome: "full", ids: [] };
    const ids = storage.transactionSync(() => {
      const added = this.#addItems(items);
      if (turnId !== undefined) storage.sql.exec("INSERT INTO turn VALUES (?)", turnId);
      storage.sql.exec("UPDATE conversation SET expires_at = ?", expiresAt);
      return added;
    });
    await storage.setAlarm(expiresAt);
    return { outcome: "added", ids };
  }

  async deleteItem(owner: string, itemId: string): Promise<boolean> {
    if (this.#find(owner) === undefined) return false;
    return this.ctx.storage.sql.exec("DELETE FROM item WHERE id = ?", itemId).rowsWritten > 0;
  }

  async delete(owner: string): Promise<boolean> {
    if (this.#find(owner) === undefined) return false;
    await this.#deleteAll();
    return true;
  }

  override async alarm(): Promise<void> {
    const expiresAt = this.#readExpiry();
    // An alarm may be early, by the clock of the machine that it fires on.
    if (expiresAt === undefined || expiresAt <= Date.now()) await this.#deleteAll();
    else await this.ctx.storage.setAlarm(expiresAt);
  }

  /** What `readItems` would hand out, about. */
  #countBytes(): number {
    const { bytes } = this.ctx.storage.sql
      .exec<{ bytes: number | null }>("SELECT sum(length(data) + 1) AS bytes FROM item")
      .one();
    return bytes ?? 0;
  }

  #hasTurn(turnId: string): boolean {
    return this.ctx.storage.sql.exec("SELECT 1 FROM turn WHERE id = ?", turnId).toArray().length > 0;
  }

  #addItems(items: JsonBytes): string[] {
    const { sql } = this.ctx.storage;
    const { last } = sql.exec<{ last: number | null }>("SELECT max(position) AS last FROM item").one();
    const taken = [...sql.exec<{ id: string }>("SELECT id FROM item WHERE piece = 0")].map(({ id }) => id);
    const added = freshenIds(parseStoredItems(items), taken);
    for (const [index, kept] of added.entries()) {
      const position = (last ?? -1) + 1 + index;
      for (const [piece, data] of splitBytes(renderJson(kept)).entries()) {
        sql.exec("INSERT INTO item VALUES (?, ?, ?, ?)", position, piece, kept.id, data);
      }
    }
    return added.map(({ id }) => id);
  }

  #readExpiry(): number | undefined {
    const { sql } = this.ctx.storage;
    if (readSchemaVersion(sql) === 0) return undefined;
    const [row] = sql.exec<{ expires_at: number }>("SELECT expires_at FROM conversation").toArray();
    return row?.expires_at;
  }

  #find(owner: string): ConversationRecord | undefined {
    if ((this.#readExpiry() ?? 0) <= Date.now()) return undefined;
    const [row] = this.ctx.storage.sql
      .exec<{ created_at: number; metadata: string }>(
        "SELECT created_at, metadata FROM conversation WHERE owner = ?",
        owner,
      )
      .toArray();
    return row === undefined ? undefined : { createdAt: row.created_at, metadata: row.metadata };
  }

  async #deleteAll(): Promise<void> {
    // The alarm too, with it or not at all: without one, what is left would stay for good.
    await this.ctx.storage.deleteAll();
  }
}
