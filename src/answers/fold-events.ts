import { clientLeft } from "../errors.ts";
import type { ResponseObject } from "../protocol/events.ts";
import { invalidAnswer } from "../workers-ai/read-answer.ts";
import type { ModelEvents } from "./model-events.ts";

/**
 * Reads events to their end and gives the Response that the last of them carries. What failed is thrown: with no byte
 * sent yet, a status says it better than a Response that failed.
 */
export async function foldEvents(events: ModelEvents, signal: AbortSignal): Promise<ResponseObject> {
  let response: ResponseObject | undefined;
  while (!events.ended) {
    for (const event of await events.next()) if ("response" in event) ({ response } = event);
  }
  if (signal.aborted) throw clientLeft();
  if (events.failure !== undefined) throw events.failure;
  if (response === undefined) throw invalidAnswer("it has no Response");
  return response;
}
