import { type Bindings, readConfig } from "../config.ts";
import { type JsonRecord, readText } from "../protocol/json.ts";
import { conversationOf, ServedFields } from "../protocol/request.ts";
import { appendTurn } from "../state/save.ts";
import { readJob, readJobFacts } from "./job.ts";
import type { RunJob } from "./run-job.ts";

/**
 * What adds the turn of a background run to its conversation; undefined when it has none. Idempotent. It never rejects:
 * the run has its answer, and what fails is one line in the log.
 */
export function continueConversation(
  run: RunJob,
  { response, bindings }: { response: JsonRecord; bindings: Bindings },
): (() => Promise<void>) | undefined {
  const { request, requestId } = readJobFacts(run);
  const conversationId = conversationOf(ServedFields.parse(request));
  if (conversationId === undefined) return undefined;
  return async () => {
    let reason: string | undefined;
    try {
      const { own } = readJob(run);
      const turn = { bindings, keyName: run.owner, conversationId, own, response, turnId: readText(response["id"]) };
      reason = await appendTurn({ ...turn, config: readConfig(bindings) });
    } catch (error) {
      reason = error instanceof Error ? error.name : "unknown";
    }
    if (reason === undefined) return;
    console.error(JSON.stringify({ event: "conversation_not_continued", request_id: requestId, reason }));
  };
}
