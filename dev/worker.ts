/** The Worker as deployed, with the stand-in for the `ai` binding in its place. Never deployed. */
import worker, { BackgroundRun as DeployedBackgroundRun } from "../src/index.ts";
import { adaptEnv, type DevEnv } from "./adapt-env.ts";

export * from "../src/index.ts";

/** Background runs call the model from inside the object. */
export class BackgroundRun extends DeployedBackgroundRun {
  constructor(context: DurableObjectState, env: DevEnv) {
    super(context, adaptEnv(env));
  }
}
export { LocalAi } from "./local-ai.ts";

export default {
  ...worker,
  fetch: (request, env, context) => worker.fetch(request, adaptEnv(env), context),
} satisfies ExportedHandler<DevEnv>;
