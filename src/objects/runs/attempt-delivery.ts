import { deliverWebhook, nextPause, type WebhookTarget } from "../../background/webhook.ts";
import { type JsonRecord, readText } from "../../protocol/json.ts";
import type { RunRecord } from "./run-record.ts";

/** Tries to deliver the event of a run that has ended. Returns how often it was tried, and when it is tried next. */
export async function attemptDelivery({
  webhook,
  event,
  attempts,
}: {
  /** Undefined when the setting was taken away. */
  webhook: WebhookTarget | undefined;
  event: JsonRecord;
  attempts: number;
}): Promise<Pick<RunRecord, "attempts" | "attemptAt">> {
  const done = { attempts: attempts + 1, attemptAt: undefined };
  if (webhook === undefined) return done;
  const isDelivered = await deliverWebhook(webhook, { id: readText(event["id"]), body: readText(event["body"]) });
  if (isDelivered) return done;
  const pause = nextPause(done.attempts);
  if (pause !== undefined) return { ...done, attemptAt: Date.now() + pause };
  console.error(JSON.stringify({ event: "webhook_not_delivered", webhook_id: event["id"], attempts: done.attempts }));
  return done;
}
