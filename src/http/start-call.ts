import type { Context } from "hono";
import type { Call } from "../call.ts";
import { readConfig } from "../config.ts";
import type { AppEnv } from "./app-env.ts";
import { narrowConfig } from "./narrow-config.ts";

/** Starts the call for an HTTP request. `leave` aborts it when the client has gone and the request's own signal doesn't say so. */
export function startCall(context: Context<AppEnv>): { call: Call; leave: () => void } {
  const { env: bindings } = context;
  const caller = context.get("caller");
  const left = new AbortController();
  const leave = (): void => left.abort();
  const { signal } = context.req.raw;
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  const call = {
    bindings,
    config: narrowConfig(readConfig(bindings), caller),
    keyName: caller.owner,
    limits: caller.limits,
    requestId: context.get("requestId"),
    signal: left.signal,
    record: context.get("record"),
    memory: context.get("memory"),
  };
  return { call, leave };
}
