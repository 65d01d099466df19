import type { EventsAnswer } from "../call.ts";
import { fillUsage } from "../protocol/fill-usage.ts";
import type { ResponseBuilder } from "../protocol/response-builder.ts";

/** A complete Response without output: a later request continues it. */
export function answerWithNothing(builder: ResponseBuilder, warnings: ReadonlySet<string>): EventsAnswer {
  async function* respondAtOnce() {
    builder.open();
    builder.end({ status: "completed", incomplete_details: null }, fillUsage({}));
    yield builder.drain();
  }
  return {
    kind: "events",
    events: respondAtOnce(),
    failure: () => undefined,
    tokens: () => ({ input: 0, cached: 0, output: 0, reasoning: 0, estimated: false }),
    upstreamId: undefined,
    warnings,
  };
}
