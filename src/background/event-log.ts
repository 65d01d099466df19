import { isRecord, readCount, readText } from "../protocol/json.ts";
import { renderEvent } from "../protocol/sse.ts";
import { decodeJson, renderJson } from "../state/json-bytes.ts";
import { joinPieces, splitBytes } from "../state/pieces.ts";
import type { RunEvent } from "./run.ts";

/**
 *   event   events in batches: a JSON array of them, in pieces; "first" is the number of the first, "count" how many
 */
export const eventTable = `CREATE TABLE event (
    first INTEGER NOT NULL, piece INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (first, piece)
  ) WITHOUT ROWID;`;

/** Numbers events, from the last one written on, and writes them as one batch. */
export function appendEvents(sql: SqlStorage, events: readonly RunEvent[]): void {
  if (events.length === 0) return;
  const first = countEvents(sql);
  const numbered = events.map((event, index) => Object.assign({}, event, { sequence_number: first + index }));
  for (const [index, piece] of splitBytes(renderJson(numbered)).entries()) {
    sql.exec("INSERT INTO event VALUES (?, ?, ?, ?)", first, index, events.length, piece);
  }
}

/**
 * Reads from the event number `from` to the end of the batch it is in, as the text on the wire, and says which number
 * comes next. Undefined when there is no such event yet.
 */
export function readEventsFrom(sql: SqlStorage, from: number): { text: string; next: number } | undefined {
  const rows = sql
    .exec<{ first: number; count: number; data: ArrayBuffer }>(
      "SELECT first, count, data FROM event WHERE first = (SELECT max(first) FROM event WHERE first <= ?) ORDER BY piece",
      from,
    )
    .toArray();
  const [start] = rows;
  const next = start === undefined ? 0 : start.first + start.count;
  if (start === undefined || from >= next) return undefined;
  const batch: unknown = JSON.parse(decodeJson(joinPieces(rows.map(({ data }) => data))));
  const events = Array.isArray(batch) ? batch.slice(from - start.first) : [];
  return { text: events.map(renderStored).join(""), next };
}

function renderStored(event: unknown): string {
  if (!isRecord(event)) throw new Error("a stored event is damaged");
  const { type, sequence_number } = event;
  return renderEvent({ ...event, type: readText(type), sequence_number: readCount(sequence_number) });
}

/** How many events there are, which is the number that the next one gets. */
function countEvents(sql: SqlStorage): number {
  const [last] = sql
    .exec<{ next: number }>("SELECT first + count AS next FROM event ORDER BY first DESC, piece LIMIT 1")
    .toArray();
  return last?.next ?? 0;
}
