/**
 * Brings an object's tables to the newest schema: runs the steps it has not seen, all or none, and notes how many it
 * has. So the next version of the Worker reads what this one wrote; a step that was released never changes. Throws when
 * the object was written by a newer Worker than this one.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly string[]): void {
  const version = readSchemaVersion(storage.sql);
  if (version > steps.length) {
    throw new Error(`the object has schema ${version}, and this Worker knows ${steps.length}`);
  }
  if (version === steps.length) return;
  storage.transactionSync(() => {
    for (const step of steps.slice(version)) storage.sql.exec(step);
    storage.sql.exec("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)");
    storage.sql.exec("DELETE FROM schema");
    storage.sql.exec("INSERT INTO schema VALUES (?)", steps.length);
  });
}

/** How many steps the object has seen; 0 for one that was never written to, or was erased. Writes nothing. */
export function readSchemaVersion(sql: SqlStorage): number {
  const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema'").toArray();
  return tables.length === 0 ? 0 : sql.exec<{ version: number }>("SELECT version FROM schema").one().version;
}
