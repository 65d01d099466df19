import { app } from "./app.ts";

export { KeyDirectory } from "./objects/key-directory.ts";
export { ManagedKey } from "./objects/managed-key.ts";
export { ResponseIndex } from "./objects/response-index.ts";
export { BackgroundRun } from "./objects/runs/background-run.ts";
export { Thread } from "./objects/threads/thread.ts";
export { UsageCounter } from "./objects/usage-counter.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
