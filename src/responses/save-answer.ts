import type { Bindings, Config } from "../config.ts";
import { type JsonRecord, readText } from "../protocol/read-value.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { streamBroken } from "../workers-ai/stream-broken.ts";
import { idPattern, type TurnInput } from "./find-context.ts";
import type { AnswerOutcome } from "./watch-answer.ts";

export interface AnswerToSave {
  bindings: Bindings;
  config: Config;
  document: CreateRequest;
  keyName: string;
  requestId: string;
  input: TurnInput;
  outcome: AnswerOutcome;
}

/** Whether the answer to this request will be kept: `store` is on unless it says false, where there is a place to keep it. */
export function isStored(document: CreateRequest, bindings: Bindings): boolean {
  return bindings.RESPONSES !== undefined && document["store"] !== false;
}

/** How long the last byte of an answer waits for its save, in milliseconds. After that it goes, and the save goes on. */
const longestWait = 2_000;

/**
 * Keeps an answer in the object that has its id. Resolves when it is kept, or can't be, or takes too long; never
 * rejects: the client's answer has no part in it. Every failure is one log line, `response_not_stored`.
 */
export async function saveAnswer(save: AnswerToSave, keepAlive: (work: Promise<unknown>) => void): Promise<void> {
  const work = keepAnswer(save).then(
    (reason) => reason === undefined || logLoss(save, reason),
    (error: unknown) => logLoss(save, error instanceof Error ? error.name : "unknown"),
  );
  keepAlive(work);
  await Promise.race([work, scheduler.wait(longestWait)]);
}

function logLoss({ requestId }: AnswerToSave, reason: string): void {
  console.error(JSON.stringify({ event: "response_not_stored", request_id: requestId, reason }));
}

/** Returns why the answer can't be kept, undefined when it is. */
async function keepAnswer({ bindings, config, document, keyName, input, outcome }: AnswerToSave) {
  const told = outcome.response ?? outcome.partial;
  if (told === undefined) return outcome.ending === "whole" ? "too_large" : outcome.ending;
  const id = readText(told["id"]);
  if (!idPattern.test(id)) return "no_id";
  const isNew = await bindings.RESPONSES?.getByName(id).keep({
    owner: keyName,
    expiresAt: Date.now() + config.retentionDays * 86_400_000,
    response: JSON.stringify({ ...endOf(told, outcome), ...echoState(document) }),
    items: JSON.stringify([...input.earlier, ...input.own]),
  });
  return isNew === false ? "id_taken" : undefined;
}

/** Upstream was not told these: they are served here, so the stored Response says what the client asked for. */
function echoState({ previous_response_id: previousId }: CreateRequest): JsonRecord {
  return { store: true, previous_response_id: previousId ?? null };
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
