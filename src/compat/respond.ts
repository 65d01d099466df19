import { ApiError, clientLeft, internalError } from "../errors.ts";
import { isReasoning, type ResponseError, type ResponseEvent } from "../protocol/events.ts";
import { fillUsage } from "../protocol/fill-usage.ts";
import type { JsonRecord } from "../protocol/json.ts";
import type { ResponseBuilder } from "../protocol/response-builder.ts";
import type { ModelAnswer } from "../workers-ai/run.ts";
import { ModelRound } from "./answer/model-round.ts";
import { readChat } from "./answer/read-chat.ts";
import type { ConvertedRequest } from "./request/convert-request.ts";
import type { Translation } from "./translation.ts";

/** What the events of a Response are made of. */
interface Answering {
  answer: ModelAnswer;
  converted: Pick<ConvertedRequest, "translation" | "inputsFor">;
  builder: ResponseBuilder;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Longest that upstream may say nothing, in milliseconds. */
  silenceMs: number;
  /** Learns why the Response failed. */
  onFailure: (error: ApiError) => void;
  /** Learns what upstream has counted so far. */
  onUsage: (usage: JsonRecord) => void;
}

/** Makes the events of a Response: its opening, a round of the model, its end. Whatever upstream does, they end. */
export async function* respond({
  answer,
  converted,
  builder,
  signal,
  silenceMs,
  onFailure,
  onUsage,
}: Answering): AsyncGenerator<readonly ResponseEvent[], void> {
  const { translation, inputsFor } = converted;
  builder.open();
  yield builder.drain();
  const round = new ModelRound({ builder, translation, inputs: inputsFor(answer.model) });
  try {
    let isAnnounced = false;
    for await (const { chunks, announced } of readChat(answer, { signal, silenceMs })) {
      for (const chunk of chunks) round.take(chunk);
      isAnnounced = announced;
      if (round.usage !== undefined) onUsage(round.usage);
      const events = builder.drain();
      if (events.length > 0) yield await sealReasoning(events, translation.seal);
    }
    const ending = round.finish(isAnnounced);
    // Clients read the counts of every answer that did not fail: what upstream left uncounted is 0.
    builder.end(ending, fillUsage(round.usage ?? {}));
  } catch (error) {
    const failure = signal.aborted ? clientLeft() : toApiError(error);
    onFailure(failure);
    const usage = fillUsage(round.usage);
    builder.fail({ error: failure.toEnvelope().error, failure: mapFailure(failure), usage });
  }
  yield await sealReasoning(builder.drain(), translation.seal);
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
