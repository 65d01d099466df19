import type { AnswerOutcome } from "../answers/watch-answer.ts";
import type { Bindings, Config } from "../config.ts";
import { echoConversation, findConversationId } from "../protocol/read-conversation.ts";
import { type JsonRecord, readText } from "../protocol/read-value.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { findExpiry } from "../store/find-expiry.ts";
import { idPattern } from "../store/id-pattern.ts";
import { isStored } from "../store/is-stored.ts";
import { mostBytes, renderJson } from "../store/json-bytes.ts";
import { streamBroken } from "../workers-ai/stream-broken.ts";
import { appendTurn } from "./append-turn.ts";
import type { TurnInput } from "./find-context.ts";

export interface AnswerToSave {
  bindings: Bindings;
  config: Config;
  document: CreateRequest;
  keyName: string;
  requestId: string;
  input: TurnInput;
  outcome: AnswerOutcome;
}

/** How long the last byte of an answer waits for its save, in milliseconds. After that it goes, and the save goes on. */
const longestWait = 2_000;

/**
 * Keeps an answer in the object that has its id, and adds the turn to its conversation. Resolves when that is done, or
 * can't be, or takes too long; never rejects: the client's answer has no part in it. Every failure is one log line,
 * `response_not_stored` or `conversation_not_continued`. Gives why the answer is not kept by then, `late` when it may
 * still be; undefined when it is.
 */
export async function saveAnswer(
  save: AnswerToSave,
  keepAlive: (work: Promise<unknown>) => void,
): Promise<string | undefined> {
  const work = Promise.all([
    logFailure(save, { event: "response_not_stored", work: keepAnswer(save) }),
    logFailure(save, { event: "conversation_not_continued", work: continueConversation(save) }),
  ]);
  keepAlive(work);
  const reasons = await Promise.race([work, scheduler.wait(longestWait).then(() => ["late"])]);
  return reasons.find((reason) => reason !== undefined);
}

/** Says in the log why `work` could not be done, and hands that on; undefined when it could. */
async function logFailure(
  { requestId }: AnswerToSave,
  { event, work }: { event: string; work: Promise<string | undefined> },
): Promise<string | undefined> {
  const reason = await work.catch((error: unknown) => (error instanceof Error ? error.name : "unknown"));
  if (reason !== undefined) console.error(JSON.stringify({ event, request_id: requestId, reason }));
  return reason;
}

async function keepAnswer({ bindings, config, document, keyName, input, outcome }: AnswerToSave) {
  if (!isStored(document, bindings)) return undefined;
  const told = outcome.response ?? outcome.partial;
  if (told === undefined) return outcome.ending === "whole" ? "too_large" : outcome.ending;
  const id = readText(told["id"]);
  if (!idPattern.test(id)) return "no_id";
  const response = renderJson({ ...endOf(told, outcome), ...echoState(document) });
  const items = renderJson([...input.earlier, ...input.own]);
  if (response.length + items.length > mostBytes) return "too_large";
  const kept = { owner: keyName, expiresAt: findExpiry(config), response, items };
  const isNew = await bindings.RESPONSES?.getByName(id).keep(kept);
  return isNew === false ? "id_taken" : undefined;
}

async function continueConversation({ bindings, config, document, keyName, input, outcome }: AnswerToSave) {
  const conversationId = findConversationId(document);
  const { response } = outcome;
  if (conversationId === undefined || outcome.ending !== "whole") return undefined;
  if (response === undefined) return "too_large";
  return appendTurn({ bindings, config, keyName, conversationId, own: input.own, response });
}

/** Upstream was not told these: they are served here, so the stored Response says what the client asked for. */
function echoState(document: CreateRequest): JsonRecord {
  const { previous_response_id: previousId } = document;
  return { store: true, previous_response_id: previousId ?? null, ...echoConversation(document) };
}

/** The Response as it ended. One whose stream broke off must never look complete. */
function endOf(told: JsonRecord, { ending }: AnswerOutcome): JsonRecord {
  switch (ending) {
    case "whole":
      return told;
    case "broken":
      return {
        ...told,
        status: "failed",
        error: streamBroken,
        incomplete_details: null,
      };
    case "client_left":
      return { ...told, status: "incomplete", error: null, incomplete_details: { reason: "client_disconnected" } };
    default:
      return ending satisfies never;
  }
}
