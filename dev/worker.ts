/** The Worker as deployed, with stand-ins for the `ai` binding and for the web in their places. Never deployed. */
import worker, { BackgroundRun as DeployedBackgroundRun } from "../src/index.ts";
import { adaptEnv, type DevEnv } from "./adapt-env.ts";
import type { LocalEnv } from "./local-ai.ts";
import { nameUpstream } from "./name-upstream.ts";

export * from "../src/index.ts";

/** Background runs call the model from inside the object. */
export class BackgroundRun extends DeployedBackgroundRun {
  constructor(context: DurableObjectState, env: DevEnv) {
    super(context, adaptEnv(env));
  }
}
export { LocalAi } from "./local-ai.ts";
export { LocalWeb } from "./local-web.ts";

export default {
  ...worker,
  async fetch(request, env, context) {
    return nameUpstream(await worker.fetch(request, adaptEnv(env), context), env.LOCAL_UPSTREAM);
  },
} satisfies ExportedHandler<DevEnv & Pick<LocalEnv, "LOCAL_UPSTREAM">>;
