import { app } from "./app.ts";

export { KeyDirectory } from "./objects/key-directory.ts";
export { ManagedKey } from "./objects/managed-key.ts";
export { StoredConversation } from "./objects/stored-conversation.ts";
export { StoredResponse } from "./objects/stored-response.ts";
export { UsageCounter } from "./objects/usage-counter.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
