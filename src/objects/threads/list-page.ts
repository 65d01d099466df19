import { joinItems } from "../../state/pieces.ts";
import { firstOutput } from "../../state/place.ts";
import type { ItemPage, PageOf } from "../../state/thread-rpc.ts";
import { firstConversion, type ItemPiece } from "./item-rows.ts";
import { chainQuery, findTurn, readChain } from "./read-context.ts";

/** Rows that follow each other in one turn, or places in the conversation as it was at a version. */
type Segment = Rows | { kind: "listed"; version: number; count: number };

interface Rows {
  kind: "rows";
  turn: number;
  firstSeq: number;
  count: number;
}

/** What is listed, oldest first. */
interface List {
  segments: readonly Segment[];
  /** The last of the turns in it; undefined when there is none. */
  turn?: number;
}

interface PagePiece extends ItemPiece {
  id: string;
}

const noPage: ItemPage = { isFound: false, ids: [], items: joinItems([]), hasMore: false };

/** Lists a part of what a model was given for a turn; undefined when there is no such turn. */
export function listInput(sql: SqlStorage, turn: number, page: PageOf): ItemPage | undefined {
  if (findTurn(sql, turn) === undefined) return undefined;
  const { turns, version } = readChain(sql, turn);
  const segments: Segment[] = version === undefined ? [] : [listedAt(sql, version)];
  for (const { id, inputs, outputs } of turns) {
    segments.push({ kind: "rows", turn: id, firstSeq: 0, count: inputs });
    // The turn's own output is not what it was given.
    if (id !== turn) segments.push({ kind: "rows", turn: id, firstSeq: firstOutput, count: outputs });
  }
  return cutPage(sql, { segments, turn }, page);
}

/** Lists a part of the conversation; undefined when there is none. */
export function listConversation(sql: SqlStorage, page: PageOf): ItemPage | undefined {
  const [conversation] = sql.exec<{ version: number }>("SELECT version FROM conversation").toArray();
  if (conversation === undefined) return undefined;
  return cutPage(sql, { segments: [listedAt(sql, conversation.version)] }, page);
}

function listedAt(sql: SqlStorage, version: number): Segment {
  const { count } = sql
    .exec<{ count: number }>(`SELECT count(*) AS count FROM listed WHERE ${listedCondition}`, version)
    .one();
  return { kind: "listed", version, count };
}

const listedCondition = "position <= ?1 AND (removed IS NULL OR removed > ?1)";

/** Reads no more than the page: what comes before it is counted. */
function cutPage(sql: SqlStorage, list: List, { limit, order, after }: PageOf): ItemPage {
  const { segments } = list;
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  const found = after === undefined ? undefined : findIndex(sql, list, after);
  if (after !== undefined && found === undefined) return noPage;
  const isAscending = order === "asc";
  const start = isAscending ? (found ?? -1) + 1 : Math.max(0, (found ?? total) - limit);
  const end = isAscending ? Math.min(total, start + limit) : (found ?? total);
  const items = readRange(sql, segments, { start, end });
  const ordered = isAscending ? items : items.toReversed();
  return {
    isFound: true,
    ids: ordered.map(([first]) => first?.id ?? ""),
    items: joinItems(ordered.flat()),
    hasMore: isAscending ? end < total : start > 0,
  };
}

/** The place of the item with this id in the whole list. */
function findIndex(sql: SqlStorage, { segments, turn }: List, id: string): number | undefined {
  const row = turn === undefined ? undefined : findRow(sql, turn, id);
  let before = 0;
  for (const segment of segments) {
    const index = segment.kind === "listed" ? findListed(sql, segment.version, id) : indexIn(segment, row);
    if (index !== undefined) return before + index;
    before += segment.count;
  }
  return undefined;
}

/** A row of the turns up to this one. */
function findRow(sql: SqlStorage, turn: number, id: string): { turn: number; seq: number } | undefined {
  return sql
    .exec<{ turn: number; seq: number }>(
      `${chainQuery} SELECT item.turn, item.seq FROM chain CROSS JOIN item
         ON item.turn = chain.id AND item.seq >= 0 AND item.piece = 0 AND item.id = ?2 LIMIT 1`,
      turn,
      id,
    )
    .toArray()[0];
}

function indexIn({ turn, firstSeq, count }: Rows, row: { turn: number; seq: number } | undefined): number | undefined {
  const isIn = row?.turn === turn && row.seq >= firstSeq && row.seq < firstSeq + count;
  return isIn ? row.seq - firstSeq : undefined;
}

function findListed(sql: SqlStorage, version: number, id: string): number | undefined {
  const [row] = sql
    .exec<{ position: number }>(`SELECT position FROM listed WHERE id = ?2 AND ${listedCondition}`, version, id)
    .toArray();
  if (row === undefined) return undefined;
  return sql
    .exec<{ count: number }>(
      `SELECT count(*) AS count FROM listed WHERE position < ?2 AND ${listedCondition}`,
      version,
      row.position,
    )
    .one().count;
}

/** The items from `start` to before `end` of the whole list, each in its pieces. */
function readRange(
  sql: SqlStorage,
  segments: readonly Segment[],
  { start, end }: { start: number; end: number },
): PagePiece[][] {
  const items: PagePiece[][] = [];
  let before = 0;
  for (const segment of segments) {
    const from = Math.max(0, start - before);
    const to = Math.min(segment.count, end - before);
    if (from < to) items.push(...groupPieces(readSegment(sql, segment, { from, to })));
    before += segment.count;
  }
  return items;
}

function readSegment(sql: SqlStorage, segment: Segment, { from, to }: { from: number; to: number }): PagePiece[] {
  if (segment.kind === "rows") {
    const { turn, firstSeq } = segment;
    return sql
      .exec<PagePiece>(
        "SELECT piece, id, data FROM item WHERE turn = ? AND seq BETWEEN ? AND ? AND piece < ? ORDER BY seq, piece",
        turn,
        firstSeq + from,
        firstSeq + to - 1,
        firstConversion,
      )
      .toArray();
  }
  return sql
    .exec<PagePiece>(
      `SELECT piece, page.id, data FROM
         (SELECT position, turn, seq, id FROM listed WHERE ${listedCondition} ORDER BY position LIMIT ?2 OFFSET ?3) AS page
         CROSS JOIN item USING (turn, seq) WHERE item.piece < ${firstConversion}`,
      segment.version,
      to - from,
      from,
    )
    .toArray();
}

function groupPieces(pieces: readonly PagePiece[]): PagePiece[][] {
  const items: PagePiece[][] = [];
  for (const piece of pieces) {
    if (piece.piece === 0) items.push([]);
    items.at(-1)?.push(piece);
  }
  return items;
}
