/** The Worker as deployed, with the stand-in for the `ai` binding in its place. Never deployed. */
import worker from "../src/index.ts";
import { adaptEnv, type DevEnv } from "./adapt-env.ts";

export * from "../src/index.ts";
export { LocalAi } from "./local-ai.ts";

export default {
  ...worker,
  fetch: (request, env, context) => worker.fetch(request, adaptEnv(env), context),
} satisfies ExportedHandler<DevEnv>;
