import type { LocalAi } from "./local-ai.ts";
import type { Converted } from "./model/to-markdown.ts";

export interface DevEnv {
  /** The service binding to `LocalAi`. */
  AI: Pick<LocalAi, "run" | "convert">;
}

const adapted = new WeakMap<object, object>();

/**
 * Turns the environment into one whose AI binding hands the stand-in its inputs as JSON text. The Worker gives the real binding `JSON.rawJSON`
 * values for numbers a double can't hold, and those can't be cloned for the RPC call to the stand-in (DataCloneError). Nor can
 * the Blob of a file.
 * One environment gives one result, so what the Worker keeps for an environment stays kept.
 */
export function adaptEnv(env: DevEnv): object {
  let local = adapted.get(env);
  if (local === undefined) {
    const run: LocalAi["run"] = (model, inputs, options) => env.AI.run(model, JSON.stringify(inputs), options);
    const toMarkdown = async ({ name, blob }: { name: string; blob: Blob }): Promise<Converted> =>
      env.AI.convert({ name, contentType: blob.type, bytes: new Uint8Array(await blob.arrayBuffer()) });
    local = { ...env, AI: { run, toMarkdown } };
    adapted.set(env, local);
  }
  return local;
}
