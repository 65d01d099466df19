import { ApiError, clientLeft, internalError } from "../errors.ts";
import { isReasoning, type ResponseError, type ResponseEvent } from "../protocol/events.ts";
import { fillUsage } from "../protocol/fill-usage.ts";
import type { Ending, ResponseBuilder } from "../protocol/response-builder.ts";
import type { UsageSum } from "./rounds/usage-sum.ts";
import type { Translation } from "./translation.ts";

/** What the events of a Response are made with. */
interface Responding {
  builder: ResponseBuilder;
  usage: UsageSum;
  seal: Translation["seal"];
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Learns why the Response failed. */
  onFailure: (error: ApiError) => void;
}

/** Makes the events of a Response: its opening, its rounds, its end. Whatever upstream does, they end. */
export async function* respond(
  rounds: AsyncGenerator<void, Ending>,
  { builder, usage, seal, signal, onFailure }: Responding,
): AsyncGenerator<readonly ResponseEvent[], void> {
  builder.open();
  yield builder.drain();
  try {
    let round = await rounds.next();
    for (; round.done !== true; round = await rounds.next()) {
      const events = builder.drain();
      if (events.length > 0) yield await sealReasoning(events, seal);
    }
    // Clients read the counts of every answer that did not fail: what upstream left uncounted is 0.
    builder.end(round.value, usage.total ?? fillUsage({}));
  } catch (error) {
    const failure = signal.aborted ? clientLeft() : toApiError(error);
    onFailure(failure);
    builder.fail({ error: failure.toEnvelope().error, failure: mapFailure(failure), usage: usage.total });
  }
  yield await sealReasoning(builder.drain(), seal);
}

/**
 * Writes `encrypted_content` into the reasoning items that are done. The Response at the end has the same objects in its
 * output. Sealing takes time, so it is apart from the state machine, which takes none.
 */
async function sealReasoning(
  events: readonly ResponseEvent[],
  seal: Translation["seal"],
): Promise<readonly ResponseEvent[]> {
  if (seal === undefined) return events;
  for (const event of events) {
    if (event.type !== "response.output_item.done" || !isReasoning(event.item)) continue;
    event.item.encrypted_content = await seal(event.item.content.map(({ text }) => text).join(""));
  }
  return events;
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error(JSON.stringify({ event: "unhandled_error", kind: error instanceof Error ? error.name : typeof error }));
  return internalError();
}

/**
 * OpenAI lists the codes a failed Response may have; the `error` event before it has the code of our own. Codex knows one
 * that is not in the list: it shortens the context then, instead of trying again.
 */
function mapFailure({ status, code, message }: ApiError): ResponseError {
  if (code === "context_length_exceeded") return { code, message };
  switch (status) {
    case 429:
      return { code: "rate_limit_exceeded", message };
    case 400:
    case 413:
      return { code: "invalid_prompt", message };
    default:
      return { code: "server_error", message };
  }
}
