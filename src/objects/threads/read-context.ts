import { fullObjectBytes, mostContextBytes, mostContextItems } from "../../state/bounds.ts";
import type { JsonBytes } from "../../state/json-bytes.ts";
import { joinItems } from "../../state/pieces.ts";
import { firstOutput, responseSeq } from "../../state/place.ts";
import type { ContextOptions, StoredTurn, ThreadContext, TurnKind, TurnStatus } from "../../state/thread-rpc.ts";
import { joinBytes } from "../../streams/read-whole.ts";
import { claimPiece, firstConversion, type ItemPiece } from "./item-rows.ts";

/** A turn that can be read. */
export interface LivingTurn {
  status: TurnStatus;
  kind: TurnKind;
  bytes: number;
  items: number;
}

/** Finds a turn; undefined when there is none, it was deleted, or its time is over. */
export function findTurn(sql: SqlStorage, turn: number): LivingTurn | undefined {
  const [row] = sql
    .exec<{ status: string; kind: string; bytes: number; items: number }>(
      "SELECT status, kind, bytes, items FROM turn WHERE id = ? AND dead = 0 AND expires_at > ?",
      turn,
      Date.now(),
    )
    .toArray();
  if (row === undefined) return undefined;
  const { status, kind, bytes, items } = row;
  return {
    status: status === "queued" ? "queued" : "final",
    kind: kind === "background" || kind === "streamed" ? kind : "foreground",
    bytes,
    items,
  };
}

/** The turns from the root to one of them. */
export interface Chain {
  /** Oldest first. */
  turns: { id: number; inputs: number; outputs: number }[];
  /** What the first of them saw of the conversation; undefined when it saw none. */
  version: number | undefined;
}

/** One walk up the tree: the turns from here to the root. */
export const chainQuery = `WITH RECURSIVE chain (depth, id, parent, version, inputs, outputs) AS (
    SELECT 0, id, parent, version, inputs, outputs FROM turn WHERE id = ?1
    UNION ALL
    SELECT depth + 1, turn.id, turn.parent, turn.version, turn.inputs, turn.outputs
      FROM chain JOIN turn ON turn.id = chain.parent
  )`;

export function readChain(sql: SqlStorage, turn: number): Chain {
  const rows = sql
    .exec<{ depth: number; id: number; version: number | null; inputs: number; outputs: number }>(
      `${chainQuery} SELECT depth, id, version, inputs, outputs FROM chain`,
      turn,
    )
    .toArray();
  const turns = rows.toSorted((left, right) => right.depth - left.depth);
  return { turns, version: turns[0]?.version ?? undefined };
}

interface ContextPiece extends ItemPiece {
  id: string;
}

/** Reads all that a model was given and answered up to and with this turn; undefined when there is no such turn. */
export function readTurnContext(sql: SqlStorage, turn: number, options: ContextOptions): ThreadContext | undefined {
  const found = findTurn(sql, turn);
  if (found === undefined) return undefined;
  const { status, bytes, items } = found;
  // A queued turn is read by its own run, which has to answer what was accepted.
  const isTooLarge = status === "final" && (bytes > mostContextBytes || items > mostContextItems);
  const pieces = isTooLarge || bytes > options.mostBytes ? [] : readPieces(sql, turn);
  return { status, ...describeContext(sql, pieces, options), bytes, version: 0, isTooLarge };
}

/** The pieces of a turn's context, oldest first. */
function readPieces(sql: SqlStorage, turn: number): ContextPiece[] {
  const { turns, version } = readChain(sql, turn);
  const ofTurns = turns.map((): ContextPiece[] => []);
  // The outer loop is the chain, and a turn's rows come in the order of their key: nothing is sorted, blobs least of all.
  const rows = sql.exec<ContextPiece & { depth: number }>(
    `${chainQuery} SELECT depth, item.piece, item.id, item.data FROM chain CROSS JOIN item
       ON item.turn = chain.id AND item.seq > ${responseSeq}`,
    turn,
  );
  for (const row of rows) ofTurns[turns.length - 1 - row.depth]?.push(row);
  return [...(version === undefined ? [] : readListed(sql, version)), ...ofTurns.flat()];
}

/** The pieces of a conversation's items as they were at a version. */
function readListed(sql: SqlStorage, version: number): ContextPiece[] {
  return sql
    .exec<ContextPiece>(
      `SELECT item.piece, listed.id, item.data FROM listed CROSS JOIN item USING (turn, seq)
         WHERE position <= ?1 AND (removed IS NULL OR removed > ?1) ORDER BY position`,
      version,
    )
    .toArray();
}

/** Reads a conversation as it is; undefined when there is none. */
export function readConversationContext(sql: SqlStorage, options: ContextOptions): ThreadContext | undefined {
  const [conversation] = sql
    .exec<{ version: number; bytes: number }>("SELECT version, bytes FROM conversation")
    .toArray();
  if (conversation === undefined) return undefined;
  const { version, bytes } = conversation;
  const pieces = bytes > options.mostBytes ? [] : readListed(sql, version);
  return { status: "final", ...describeContext(sql, pieces, options), bytes, version, isTooLarge: false };
}

function describeContext(
  sql: SqlStorage,
  pieces: readonly ContextPiece[],
  { withIds }: ContextOptions,
): Pick<ThreadContext, "items" | "ids" | "conversions" | "isFull"> {
  const ofItems = pieces.filter(({ piece }) => piece < firstConversion);
  const firsts = withIds ? ofItems.filter(({ piece }) => piece === 0) : [];
  return {
    items: joinItems(ofItems),
    ids: firsts.map(({ id }) => id),
    conversions: joinConversions(pieces),
    isFull: sql.databaseSize >= fullObjectBytes,
  };
}

const encoder = new TextEncoder();

/** What was converted of the items, as a JSON object by their index. */
function joinConversions(pieces: readonly ContextPiece[]): JsonBytes {
  const parts: Uint8Array[] = [];
  let index = -1;
  for (const { piece, data } of pieces) {
    if (piece === 0) index += 1;
    if (piece < firstConversion || piece >= claimPiece) continue;
    if (piece === firstConversion) parts.push(encoder.encode(`${parts.length === 0 ? "" : ","}"${index}":`));
    parts.push(new Uint8Array(data));
  }
  return joinBytes([encoder.encode("{"), ...parts, end]);
}

const beforeOutput = encoder.encode(',"output":');
const end = encoder.encode("}");

/** Reads a Response, with its output put back at its end. */
export function readTurn(sql: SqlStorage, turn: number): StoredTurn | undefined {
  const found = findTurn(sql, turn);
  if (found === undefined) return undefined;
  const rows = sql
    .exec<ItemPiece & { seq: number }>(
      `SELECT seq, piece, data FROM item WHERE turn = ? AND (seq = ${responseSeq} OR seq >= ${firstOutput}) AND piece < ${firstConversion}
         ORDER BY seq, piece`,
      turn,
    )
    .toArray();
  const response = rows.filter(({ seq }) => seq === responseSeq).map(({ data }) => new Uint8Array(data));
  const last = response.at(-1);
  // Less the brace that ends it.
  if (last !== undefined) response[response.length - 1] = last.subarray(0, -1);
  const output = joinItems(rows.filter(({ seq }) => seq !== responseSeq));
  return { status: found.status, kind: found.kind, response: joinBytes([...response, beforeOutput, output, end]) };
}
