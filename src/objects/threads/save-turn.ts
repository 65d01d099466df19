import { countBytes } from "../../state/pack-items.ts";
import { firstOutput, responseSeq } from "../../state/place.ts";
import type { SavedTurn, SaveOutcome, TurnToSave } from "../../state/thread-rpc.ts";
import { listTurn, readConversation, readSize } from "./conversation-list.ts";
import { writeItem, writeItems } from "./item-rows.ts";

/**
 * Writes a turn, or ends one that is queued, in a transaction of the caller's. A turn that has ended is left as it is.
 * `hasConversation`: the object has the tables of one.
 */
export function saveTurn(sql: SqlStorage, turn: TurnToSave, hasConversation: boolean): SavedTurn {
  // With the conversation its items went, on which the turn would stand.
  const isGone = turn.conversation !== undefined && (!hasConversation || readConversation(sql) === undefined);
  if (isGone && !endsRun(turn)) return { outcome: "no_parent", conversation: "gone" };
  const outcome = turn.expiresAt === undefined ? writeUnstored(sql, turn) : writeTurn(sql, turn, turn.expiresAt);
  if (outcome !== "written") return { outcome };
  if (turn.conversation?.append !== true) return { outcome: "saved" };
  const listed = isGone ? "gone" : listTurn(sql, turn.turn);
  if (listed === "added") return { outcome: "saved" };
  if (turn.expiresAt === undefined) sql.exec("DELETE FROM item WHERE turn = ?", turn.turn);
  return { outcome: "saved", conversation: listed };
}

/** A turn whose response is not stored is no turn: only its items are, for the conversation. */
function writeUnstored(sql: SqlStorage, { turn, input, output }: TurnToSave): "written" {
  writeItems(sql, { turn, firstSeq: 0, items: input });
  writeItems(sql, { turn, firstSeq: firstOutput, items: output });
  return "written";
}

function writeTurn(sql: SqlStorage, turn: TurnToSave, expiresAt: number): "written" | SaveOutcome {
  const isNew = !endsRun(turn) && insertTurn(sql, turn, expiresAt);
  if (isNew) {
    if (turn.parent !== undefined) sql.exec("UPDATE turn SET children = children + 1 WHERE id = ?", turn.parent);
    writeItems(sql, { turn: turn.turn, firstSeq: 0, items: turn.input });
  } else {
    const state = readState(sql, turn);
    if (state !== "queued") return state;
    endQueued(sql, turn, expiresAt);
  }
  writeItem(sql, { turn: turn.turn, seq: responseSeq, id: "", data: turn.response });
  writeItems(sql, { turn: turn.turn, firstSeq: firstOutput, items: turn.output });
  return "written";
}

/** Returns false when the turn is there, or its parent is not. */
function insertTurn(sql: SqlStorage, turn: TurnToSave, expiresAt: number): boolean {
  const { parent, conversation, status, kind, input, output } = turn;
  const [inputs, outputs] = [input.ids.length, output.ids.length];
  const values = [turn.turn, conversation?.version ?? null, status, kind, expiresAt, inputs, outputs];
  const bytes = countBytes(input) + countBytes(output);
  const items = countSteps(inputs + outputs);
  // What it was given of its conversation is part of its context.
  const seen = conversation === undefined ? undefined : readSize(sql);
  const { rowsWritten } =
    parent === undefined
      ? sql.exec(
          "INSERT OR IGNORE INTO turn VALUES (?, NULL, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)",
          ...values,
          bytes + (seen?.bytes ?? 0),
          items + (seen?.items ?? 0),
        )
      : sql.exec(
          `INSERT OR IGNORE INTO turn
             SELECT ?, id, ?, ?, ?, ?, 0, 0, ?, ?, bytes + ?, items + ? FROM turn WHERE id = ?`,
          ...values,
          bytes,
          items,
          parent,
        );
  return rowsWritten > 0;
}

/** Whether a background run ends: its turn was there from the start, or it was deleted. */
export function endsRun({ kind, status }: TurnToSave): boolean {
  return kind !== "foreground" && status === "final";
}

/** What stands in the way of a turn that could not be inserted; `queued` when it is there to be ended. */
function readState(sql: SqlStorage, turn: TurnToSave): "queued" | SaveOutcome {
  const [row] = sql
    .exec<{ status: string; dead: number }>("SELECT status, dead FROM turn WHERE id = ?", turn.turn)
    .toArray();
  if (row === undefined) return endsRun(turn) ? "deleted" : "no_parent";
  if (row.dead === 1) return "deleted";
  return row.status === "queued" && turn.status === "final" ? "queued" : "saved";
}

function endQueued(sql: SqlStorage, { turn, output }: TurnToSave, expiresAt: number): void {
  const outputs = output.ids.length;
  sql.exec(
    `UPDATE turn SET status = 'final', expires_at = ?, outputs = ?, bytes = bytes + ?, items = items + ? WHERE id = ?`,
    expiresAt,
    outputs,
    countBytes(output),
    outputs,
    turn,
  );
  sql.exec("DELETE FROM item WHERE turn = ? AND seq = ?", turn, responseSeq);
}

/** A turn without items counts too: it is a step on the way through the tree. */
function countSteps(items: number): number {
  return Math.max(1, items);
}
