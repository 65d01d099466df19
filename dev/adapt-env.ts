import type { LocalAi } from "./local-ai.ts";

export interface DevEnv {
  /** The service binding to `LocalAi`. */
  AI: Pick<LocalAi, "run">;
}

const adapted = new WeakMap<object, object>();

/**
 * Turns the environment into one whose AI binding hands the stand-in its inputs as JSON text. The Worker gives the real binding `JSON.rawJSON`
 * values for numbers a double can't hold, and those can't be cloned for the RPC call to the stand-in (DataCloneError).
 * One environment gives one result, so what the Worker keeps for an environment stays kept.
 */
export function adaptEnv(env: DevEnv): object {
  let local = adapted.get(env);
  if (local === undefined) {
    const run: LocalAi["run"] = (model, inputs, options) => env.AI.run(model, JSON.stringify(inputs), options);
    local = { ...env, AI: { run } };
    adapted.set(env, local);
  }
  return local;
}
