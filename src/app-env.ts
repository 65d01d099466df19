import type { Bindings } from "./config.ts";
import type { RequestRecord } from "./metering/request-record.ts";

/** What every handler finds in Hono's context. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    /** What the answer's `x-request-id` and the log call this request. */
    requestId: string;
    /** Name of the caller's key: what limits, logs and ownership use. */
    keyName: string;
    /** What the log and the metrics are made of. */
    record: RequestRecord;
  };
}
