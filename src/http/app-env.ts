import type { CallRecord, Mode } from "../call.ts";
import type { Bindings } from "../config.ts";
import type { MemoryHold } from "./hold-memory.ts";

/** What every handler finds in Hono's context. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    /** What the answer's `x-request-id` and the log call this request. */
    requestId: string;
    /** Name of the caller's key: what limits, logs and ownership use. */
    keyName: string;
    /** What the base URL of the request asks for. */
    mode: Mode;
    /** What its body takes of the isolate's memory. */
    memory: MemoryHold;
    /** The path of the route table that serves other methods than the request's. */
    route: string | undefined;
    /** What the log and the metrics are made of. */
    record: CallRecord;
  };
}
