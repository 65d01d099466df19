import type { Ending } from "../../protocol/response-builder.ts";
import { estimated, estimateOutput } from "../../protocol/tokens.ts";
import type { ModelAnswer } from "../../workers-ai/run.ts";
import { estimatePrompt } from "../request/estimate-prompt.ts";
import type { UsageSum } from "../rounds/usage-sum.ts";
import { ModelRound, type RoundRequest } from "./model-round.ts";
import { readChat } from "./read-chat.ts";

/**
 * Reads the model's answer of one round into the Response. Yields whenever there may be events; gives the round and how
 * it ended. `usage` counts it from the start, also when it breaks off.
 * @throws {ApiError} why the round failed
 */
export async function* readRound(
  answer: ModelAnswer,
  request: RoundRequest,
  { usage, ...options }: { usage: UsageSum; signal: AbortSignal; silenceMs: number },
): AsyncGenerator<void, { round: ModelRound; ending: Ending }> {
  const round = new ModelRound(request);
  const { builder, inputs } = request;
  const before = builder.length;
  usage.add({
    usage: () => round.usage,
    estimate: () =>
      estimated({
        input: estimatePrompt(inputs),
        output: estimateOutput(builder.snapshot().output.slice(before)),
      }),
  });
  let isAnnounced = false;
  for await (const { chunks, announced } of readChat(answer, options)) {
    for (const chunk of chunks) round.take(chunk);
    isAnnounced = announced;
    yield;
  }
  return { round, ending: round.finish(isAnnounced) };
}
