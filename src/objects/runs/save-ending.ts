import { failureOf } from "../../background/failures.ts";
import { type JsonRecord, readText } from "../../protocol/json.ts";
import { renderJson } from "../../state/json-bytes.ts";
import { packItems } from "../../state/pack-items.ts";
import { conversationFailure, isTooLarge } from "../../state/save.ts";
import { nameItems, outputOf } from "../../state/stored-item.ts";
import type { ThreadRpc, TurnToSave } from "../../state/thread-rpc.ts";
import type { RunRecord } from "./run-record.ts";

/** The end of a run, on its way into its thread. */
export interface RunEnding {
  record: RunRecord;
  response: JsonRecord;
  requestId: string;
}

/**
 * Ends the turn of a run in its thread, and adds it to its conversation. Doing it again changes nothing. Returns the
 * Response that is stored; undefined when the turn was deleted meanwhile.
 */
export async function saveEnding(
  thread: ThreadRpc,
  { record, response, requestId }: RunEnding,
): Promise<JsonRecord | undefined> {
  const turn = turnOf(record, response);
  const failed = { ...response, status: "failed", output: [], error: failureOf("background_response_too_large") };
  const stored = isTooLarge(turn) ? failed : response;
  const saved = await thread.saveTurn(stored === response ? turn : turnOf(record, failed));
  const reason = conversationFailure(saved);
  if (reason !== undefined) {
    console.error(JSON.stringify({ event: "conversation_not_continued", request_id: requestId, reason }));
  }
  return saved.outcome === "saved" ? stored : undefined;
}

function turnOf({ owner, kind, thread, turn, version, expiresAt }: RunRecord, response: JsonRecord): TurnToSave {
  const { output: _output, ...rest } = response;
  const status = readText(rest["status"]);
  const { output } = nameItems({ thread, turn }, { earlier: [], input: [], output: outputOf(response) });
  return {
    owner,
    turn,
    // A turn that failed is left out, so that a retry does not duplicate it.
    ...(version !== undefined && {
      conversation: { version, append: status === "completed" || status === "incomplete" },
    }),
    status: "final",
    kind,
    expiresAt,
    response: renderJson(rest),
    input: packItems([]),
    output: packItems(output),
  };
}
