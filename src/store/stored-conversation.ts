import { DurableObject } from "cloudflare:workers";
import type { ConversationRpc, ConversationToKeep, KeptConversation } from "./conversation-rpc.ts";
import { parseKeptItems } from "./kept-item.ts";
import { migrate, readSchemaVersion } from "./migrate.ts";
import { joinPieces, splitText } from "./pieces.ts";

/** What brings an object's tables from one version to the next. Released steps never change; a new one goes to the end. */
const conversationSteps: readonly string[] = [
  `CREATE TABLE conversation (
     owner TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, metadata TEXT NOT NULL
   );
   CREATE TABLE item (
     position INTEGER NOT NULL, piece INTEGER NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL,
     PRIMARY KEY (position, piece)
   ) WITHOUT ROWID;`,
];

/** The Durable Object behind the binding CONVERSATIONS: one conversation, until its alarm erases it. */
export class StoredConversation extends DurableObject implements ConversationRpc {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    if (readSchemaVersion(context.storage.sql) > 0) migrate(context.storage, conversationSteps);
  }

  async create({ owner, createdAt, expiresAt, metadata, items }: ConversationToKeep): Promise<void> {
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      migrate(storage, conversationSteps);
      storage.sql.exec("INSERT INTO conversation VALUES (?, ?, ?, ?)", owner, createdAt, expiresAt, metadata);
      this.#addItems(items);
    });
    await storage.setAlarm(expiresAt);
  }

  async read(owner: string): Promise<KeptConversation | undefined> {
    return this.#find(owner);
  }

  async update(owner: string, metadata: string): Promise<KeptConversation | undefined> {
    if (this.#find(owner) === undefined) return undefined;
    this.ctx.storage.sql.exec("UPDATE conversation SET metadata = ?", metadata);
    return this.#find(owner);
  }

  async readItems(owner: string): Promise<string | undefined> {
    if (this.#find(owner) === undefined) return undefined;
    const rows = this.ctx.storage.sql
      .exec<{ position: number; data: ArrayBuffer }>("SELECT position, data FROM item ORDER BY position, piece")
      .toArray();
    const items = Map.groupBy(rows, ({ position }) => position).values();
    return `[${[...items].map((pieces) => joinPieces(pieces.map(({ data }) => data))).join(",")}]`;
  }

  async append(owner: string, { items, expiresAt }: { items: string; expiresAt: number }): Promise<boolean> {
    if (this.#find(owner) === undefined) return false;
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      this.#addItems(items);
      storage.sql.exec("UPDATE conversation SET expires_at = ?", expiresAt);
    });
    await storage.setAlarm(expiresAt);
    return true;
  }

  async eraseItem(owner: string, itemId: string): Promise<boolean> {
    if (this.#find(owner) === undefined) return false;
    return this.ctx.storage.sql.exec("DELETE FROM item WHERE id = ?", itemId).rowsWritten > 0;
  }

  async erase(owner: string): Promise<boolean> {
    if (this.#find(owner) === undefined) return false;
    await this.#eraseAll();
    return true;
  }

  override async alarm(): Promise<void> {
    const expiresAt = this.#readExpiry();
    // An alarm may be early, by the clock of the machine that it fires on.
    if (expiresAt === undefined || expiresAt <= Date.now()) await this.#eraseAll();
    else await this.ctx.storage.setAlarm(expiresAt);
  }

  #addItems(items: string): void {
    const { sql } = this.ctx.storage;
    const { last } = sql.exec<{ last: number | null }>("SELECT max(position) AS last FROM item").one();
    for (const [index, kept] of parseKeptItems(items).entries()) {
      const position = (last ?? -1) + 1 + index;
      for (const [piece, data] of splitText(JSON.stringify(kept)).entries()) {
        sql.exec("INSERT INTO item VALUES (?, ?, ?, ?)", position, piece, kept.id, data);
      }
    }
  }

  #readExpiry(): number | undefined {
    const { sql } = this.ctx.storage;
    if (readSchemaVersion(sql) === 0) return undefined;
    const [row] = sql.exec<{ expires_at: number }>("SELECT expires_at FROM conversation").toArray();
    return row?.expires_at;
  }

  #find(owner: string): KeptConversation | undefined {
    if ((this.#readExpiry() ?? 0) <= Date.now()) return undefined;
    const [row] = this.ctx.storage.sql
      .exec<{ created_at: number; metadata: string }>(
        "SELECT created_at, metadata FROM conversation WHERE owner = ?",
        owner,
      )
      .toArray();
    return row === undefined ? undefined : { createdAt: row.created_at, metadata: row.metadata };
  }

  async #eraseAll(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}
