import type { JsonRecord } from "../protocol/read-value.ts";
import { ResponseObject } from "../store/response-object.ts";
import type { RunJob } from "../store/run-job.ts";
import type { RunEvent } from "../store/run.ts";
import { continueConversation } from "./continue-conversation.ts";
import { runBackground } from "./run-background.ts";

/** The Durable Object behind the binding RESPONSES: one response, and the background run that makes it. */
export class StoredResponse extends ResponseObject {
  protected override answer(run: RunJob, signal: AbortSignal): AsyncIterable<RunEvent> {
    return runBackground(run, { bindings: this.env, signal });
  }

  protected override tell(run: RunJob, response: JsonRecord): (() => Promise<void>) | undefined {
    return continueConversation(run, { response, bindings: this.env });
  }
}
