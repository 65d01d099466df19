import type { RequestIdVariables } from "hono/request-id";
import type { Bindings } from "./config.ts";

/** What every handler finds in Hono's context. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: RequestIdVariables & {
    /** Name of the caller's key: what limits, logs and ownership use. */
    keyName: string;
  };
}
