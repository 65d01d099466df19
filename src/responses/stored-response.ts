import { ResponseObject, type RunJob } from "../store/response-object.ts";
import type { RunEvent } from "../store/run.ts";
import { runBackground } from "./run-background.ts";

/** The Durable Object behind the binding RESPONSES: one response, and the background run that makes it. */
export class StoredResponse extends ResponseObject {
  protected override answer(job: RunJob): AsyncIterable<RunEvent> {
    return runBackground(job, this.env);
  }
}
