import type { Bindings } from "../bindings.ts";
import type { Caller, CallRecord, Mode } from "../call.ts";
import type { MemoryHold } from "./hold-memory.ts";

/** What every handler finds in Hono's context. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    /** What the answer's `x-request-id` and the log call this request. */
    requestId: string;
    /** Whose key came with the request: what limits and logs use. There is one wherever `authenticate` has let it in. */
    caller: Caller;
    /** What owns state and usage: `Caller.owner`. */
    keyName: string;
    /** What the base URL of the request asks for. */
    mode: Mode;
    /** What its body takes of the isolate's memory. */
    memory: MemoryHold;
    /** The matching path in the route table, when it serves other methods than this request's. */
    route: string | undefined;
    /** What the log and the metrics are made of. */
    record: CallRecord;
  };
}
