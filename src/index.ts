import { app } from "./app.ts";

export { StoredResponse } from "./responses/stored-response.ts";
export { StoredConversation } from "./store/stored-conversation.ts";
export { UsageCounter } from "./metering/usage-counter.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
