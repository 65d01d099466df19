import { countBytes } from "../../state/pack-items.ts";
import { firstOutput, responseSeq } from "../../state/place.ts";
import type { SavedTurn, SaveOutcome, TurnToSave } from "../../state/thread-rpc.ts";
import { listTurn, readConversation, readSize } from "./conversation-list.ts";
import { checkTurnKey, keysOfRows, keysOfTurn, nextTurn, readNextTurn, type TurnKey } from "./item-key.ts";
import { unpackItems, writeItems } from "./item-rows.ts";

/**
 * Writes a turn, or ends one that is queued, in a transaction of the caller's. A turn that has ended is left as it is.
 * `hasConversation`: the object has the tables of one.
 */
export function saveTurn(sql: SqlStorage, turn: TurnToSave, hasConversation: boolean): SavedTurn {
  // With the conversation its items went, on which the turn would stand.
  const isGone = turn.conversation !== undefined && (!hasConversation || readConversation(sql) === undefined);
  if (isGone && !endsRun(turn)) return { outcome: "no_parent", conversation: "gone" };
  const written = turn.expiresAt === undefined ? writeUnstored(sql, turn) : writeTurn(sql, turn, turn.expiresAt);
  if (typeof written === "string") return { outcome: written };
  if (turn.conversation?.append !== true) return { outcome: "saved" };
  const listed = isGone ? "gone" : listTurn(sql, written);
  if (listed === "added") return { outcome: "saved" };
  if (turn.expiresAt === undefined) sql.exec("DELETE FROM item WHERE key BETWEEN ? AND ?", ...keysOfTurn(written));
  return { outcome: "saved", conversation: listed };
}

/** A turn whose response is not stored is no turn: only its items are, for the conversation. */
function writeUnstored(sql: SqlStorage, { input, output }: TurnToSave): TurnKey {
  const turn = readNextTurn(sql);
  writeItems(sql, turn, [...unpackItems(input, 0), ...unpackItems(output, firstOutput)]);
  return turn;
}

/** Gives where the turn is, if it is written now. */
function writeTurn(sql: SqlStorage, turn: TurnToSave, expiresAt: number): TurnKey | SaveOutcome {
  const inserted = endsRun(turn) ? undefined : insertTurn(sql, turn, expiresAt);
  const key = inserted ?? findQueued(sql, turn);
  if (typeof key === "string") return key;
  if (inserted === undefined) {
    endQueued(sql, turn, { key, expiresAt });
  } else if (turn.parent !== undefined) {
    sql.exec("UPDATE turn SET children = children + 1 WHERE id = ?", turn.parent);
  }
  writeItems(sql, key, [
    { seq: responseSeq, id: "", data: turn.response },
    ...(inserted === undefined ? [] : unpackItems(turn.input, 0)),
    ...unpackItems(turn.output, firstOutput),
  ]);
  return key;
}

/** Gives where it begins; undefined when the turn is there, or its parent is not. */
function insertTurn(sql: SqlStorage, turn: TurnToSave, expiresAt: number): TurnKey | undefined {
  const { parent, conversation, status, kind, input, output } = turn;
  const [inputs, outputs] = [input.ids.length, output.ids.length];
  const values = [turn.turn, conversation?.version ?? null, status, kind, expiresAt, inputs, outputs];
  const bytes = countBytes(input) + countBytes(output);
  const items = countSteps(inputs + outputs);
  // What it was given of its conversation is part of its context.
  const seen = conversation === undefined ? undefined : readSize(sql);
  const inserted =
    parent === undefined
      ? sql.exec<{ key: number }>(
          `INSERT OR IGNORE INTO turn VALUES (?, ${nextTurn}, NULL, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?) RETURNING key`,
          ...values,
          bytes + (seen?.bytes ?? 0),
          items + (seen?.items ?? 0),
        )
      : sql.exec<{ key: number }>(
          `INSERT OR IGNORE INTO turn
             SELECT ?, ${nextTurn}, id, ?, ?, ?, ?, 0, 0, ?, ?, bytes + ?, items + ? FROM turn WHERE id = ? RETURNING key`,
          ...values,
          bytes,
          items,
          parent,
        );
  const [row] = inserted.toArray();
  return row === undefined ? undefined : checkTurnKey(row.key);
}

/** Whether a background run ends: its turn was there from the start, or it was deleted. */
export function endsRun({ kind, status }: TurnToSave): boolean {
  return kind !== "foreground" && status === "final";
}

/** Where a turn is that could not be inserted, when it is there to be ended; else what stands in its way. */
function findQueued(sql: SqlStorage, turn: TurnToSave): TurnKey | SaveOutcome {
  const [row] = sql
    .exec<{ key: number; status: string; dead: number }>("SELECT key, status, dead FROM turn WHERE id = ?", turn.turn)
    .toArray();
  if (row === undefined) return endsRun(turn) ? "deleted" : "no_parent";
  if (row.dead === 1) return "deleted";
  return row.status === "queued" && turn.status === "final" ? row.key : "saved";
}

function endQueued(
  sql: SqlStorage,
  { turn, output }: TurnToSave,
  { key, expiresAt }: { key: TurnKey; expiresAt: number },
): void {
  const outputs = output.ids.length;
  sql.exec(
    `UPDATE turn SET status = 'final', expires_at = ?, outputs = ?, bytes = bytes + ?, items = items + ? WHERE id = ?`,
    expiresAt,
    outputs,
    countBytes(output),
    outputs,
    turn,
  );
  sql.exec("DELETE FROM item WHERE key BETWEEN ? AND ?", ...keysOfRows(key));
}

/** A turn without items counts too: it is a step on the way through the tree. */
function countSteps(items: number): number {
  return Math.max(1, items);
}
