import { type Bindings, readConfig } from "../config.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import { isRecord, type JsonRecord, readText } from "../protocol/read-value.ts";
import type { RunJob } from "../store/run-job.ts";
import { appendTurn } from "../turns/append-turn.ts";
import { readJob } from "./background-job.ts";

/**
 * What adds the turn of a background run to its conversation; undefined when it has none. Done again it changes nothing.
 * It never rejects: the run has its answer, and what fails is one line in the log.
 */
export function continueConversation(
  run: RunJob,
  { response, bindings }: { response: JsonRecord; bindings: Bindings },
): (() => Promise<void>) | undefined {
  const conversationId = findConversationId(isRecord(run.job["request"]) ? run.job["request"] : {});
  if (conversationId === undefined) return undefined;
  return async () => {
    const { own, requestId } = readJob(run);
    const turn = { bindings, keyName: run.owner, conversationId, own, response, turnId: readText(response["id"]) };
    let reason: string | undefined;
    try {
      reason = await appendTurn({ ...turn, config: readConfig(bindings) });
    } catch (error) {
      reason = error instanceof Error ? error.name : "unknown";
    }
    if (reason === undefined) return;
    console.error(JSON.stringify({ event: "conversation_not_continued", request_id: requestId, reason }));
  };
}
