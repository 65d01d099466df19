import type { Context } from "hono";
import type { Bindings } from "../bindings.ts";
import type { Call, Caller } from "../call.ts";
import { readConfig } from "../config.ts";
import type { AppEnv } from "./app-env.ts";
import { narrowConfig } from "./narrow-config.ts";

/** Starts the call for an HTTP request. `leave` aborts it when the client has gone and the request's own signal doesn't say so. */
export function startCall(context: Context<AppEnv>): { call: Call; leave: () => void } {
  const left = new AbortController();
  const leave = (): void => left.abort();
  const { signal } = context.req.raw;
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  const call = makeCall({
    bindings: context.env,
    caller: context.get("caller"),
    requestId: context.get("requestId"),
    signal: left.signal,
    record: context.get("record"),
    memory: context.get("memory"),
  });
  return { call, leave };
}

/** Makes the call of a caller, with the configuration as he has it. Throws 404 when none of his models is served any more. */
export function makeCall({
  bindings,
  caller,
  ...rest
}: Pick<Call, "requestId" | "signal" | "record" | "memory"> & {
  bindings: Bindings;
  caller: Pick<Caller, "owner" | "models" | "limits">;
}): Call {
  const config = narrowConfig(readConfig(bindings), caller);
  return { bindings, config, keyName: caller.owner, limits: caller.limits, ...rest };
}
