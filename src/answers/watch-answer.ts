import type { JsonRecord } from "../protocol/read-value.ts";
import type { ModelAnswer } from "../workers-ai/read-answer.ts";
import { createJsonReader, createStreamReader } from "./read-response.ts";

/** How an answer ended, and what it said. */
export interface AnswerOutcome {
  /**
   * `whole`: the JSON body, or the stream up to its terminal event, went by. `broken`: upstream stopped before that, or
   * sent no Response. `client_left`: the client did; the upstream call was cancelled then.
   */
  ending: "whole" | "broken" | "client_left";
  /** The JSON body or the terminal event's `response`. Undefined unless whole, and when it is over 16 MiB. */
  response: JsonRecord | undefined;
  /** What a stream without an end had told of its Response: as it was opened, with the items that were finished. */
  partial: JsonRecord | undefined;
  /** When the first byte came from upstream, in Unix milliseconds; undefined when none did. */
  firstByteAt: number | undefined;
  /** When the last byte had been handed on, or the answer broke off, in Unix milliseconds. */
  endedAt: number;
}

/**
 * Lets somebody know how an answer ended. Every byte goes on to the client unchanged and as it comes, but for one: the
 * byte that makes the Response complete waits for `beforeEnd`, which is called once, with the outcome so far, also when
 * there will be no such byte. `beforeEnd` answers for its own failures: one that escapes it is swallowed, since the
 * answer has no part in it. `outcome` resolves when all is over, and never rejects.
 *
 * The answer is read here rather than teed, since in a tee no byte can wait (docs/state.md has what was measured), and by
 * a stream of our own, which is told at once when the client leaves, also while upstream is silent.
 */
export function watchAnswer(
  answer: ModelAnswer,
  beforeEnd: (outcome: AnswerOutcome) => Promise<void> = () => Promise.resolve(),
): { answer: ModelAnswer; outcome: Promise<AnswerOutcome> } {
  const found = answer.kind === "json" ? createJsonReader() : createStreamReader();
  const source = answer.body.getReader();
  const over = Promise.withResolvers<AnswerOutcome>();
  let firstByteAt: number | undefined;
  let settled: Promise<AnswerOutcome> | undefined;

  function settle(otherwise: "broken" | "client_left"): Promise<AnswerOutcome> {
    settled ??= (async () => {
      const ending = found.isComplete() ? "whole" : otherwise;
      const partial = ending === "whole" ? undefined : found.partial();
      const outcome = { ending, response: found.response(), partial, firstByteAt, endedAt: Date.now() } as const;
      await beforeEnd(outcome).catch(() => {});
      return outcome;
    })();
    return settled;
  }
  async function finish(otherwise: "broken" | "client_left"): Promise<void> {
    over.resolve({ ...(await settle(otherwise)), endedAt: Date.now() });
  }

  /** Bytes that have to wait until it is known whether more come. */
  let held = new Uint8Array();
  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (let handedOn = 0; handedOn === 0;) {
      const { done, value } = await source.read();
      if (done) {
        found.end();
        await settle("broken");
        if (held.length > 0) controller.enqueue(held);
        controller.close();
        return finish("broken");
      }
      firstByteAt ??= Date.now();
      const passing = found.isComplete() ? value.length : found.read(value);
      const pieces = [held, value.subarray(0, passing)].filter((piece) => piece.length > 0);
      for (const piece of pieces) controller.enqueue(piece);
      handedOn = pieces.length;
      held = value.slice(passing);
      if (found.isComplete() && held.length > 0) {
        await settle("broken");
        controller.enqueue(held);
        held = new Uint8Array();
      }
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await pull(controller);
        } catch (error) {
          await finish("broken");
          throw error;
        }
      },
      async cancel(reason) {
        await Promise.allSettled([source.cancel(reason), finish("client_left")]);
      },
    },
    { highWaterMark: 0 },
  );
  return { answer: { ...answer, body }, outcome: over.promise };
}
