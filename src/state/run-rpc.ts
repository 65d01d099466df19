import type { JsonBytes } from "./json-bytes.ts";
import type { TurnToSave } from "./thread-rpc.ts";

/** A background run as it goes into its object. */
export interface RunToStart {
  /** Name of the object with its turn. */
  thread: string;
  /** Its turn: queued, without an output. */
  turn: TurnToSave;
  /** What the run has to know of its request beside the input: the object only hands it on. */
  job: JsonBytes;
}

/** `taken`: there is a run with this id. `no_parent`: what it continues was deleted meanwhile. In both cases nothing is left. */
export type StartOutcome = "started" | "taken" | "no_parent";

/**
 * What the object of a background run can be asked; its name is the response's id. Another owner gets what an unknown
 * id gives: undefined, or nothing is done.
 */
export interface RunRpc {
  /** Writes the run down, then its turn in its thread, then begins. It goes on when its client leaves. */
  start(run: RunToStart): Promise<StartOutcome>;
  /** The Response as it is while the run goes on. Undefined when it has ended, which its thread knows. */
  read(owner: string): Promise<JsonBytes | undefined>;
  /** The events of a streamed run from number `from` on, then live to their end, as a stream of events. */
  follow(owner: string, from: number): Promise<Response | undefined>;
  /** Ends the run and its upstream call; its thread has its end then. */
  cancel(owner: string): Promise<void>;
  /** Deletes all that the object holds, and ends its run. */
  delete(owner: string): Promise<void>;
}
