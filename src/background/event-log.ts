import { renderEvent } from "../protocol/sse.ts";
import { decodeJson } from "../state/json-bytes.ts";
import { joinPieces, splitBytes } from "../state/pieces.ts";
import type { RunEvent } from "./run.ts";

/** What ends each event on the wire. Nothing inside an event does: its data is one line. */
const eventEnd = "\n\n";

const encoder = new TextEncoder();

/** Numbers events, on from those that are there, and writes them as one batch of the text they are on the wire. */
export function appendEvents(sql: SqlStorage, events: readonly RunEvent[]): void {
  if (events.length === 0) return;
  const first = countEvents(sql);
  const text = events.map((event, index) => renderEvent({ ...event, sequence_number: first + index })).join("");
  for (const [index, piece] of splitBytes(encoder.encode(text)).entries()) {
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
  const events = decodeJson(joinPieces(rows.map(({ data }) => data))).split(eventEnd);
  return { text: events.slice(from - start.first).join(eventEnd), next };
}

/** How many events there are, which is the number that the next one gets. */
function countEvents(sql: SqlStorage): number {
  const [last] = sql
    .exec<{ next: number }>("SELECT first + count AS next FROM event ORDER BY first DESC, piece LIMIT 1")
    .toArray();
  return last?.next ?? 0;
}
