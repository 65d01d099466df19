import type { Route } from "./route.ts";
import { adminRoutes } from "./routes/admin.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { operationRoutes } from "./routes/operations.ts";
import { responseRoutes } from "./routes/responses.ts";

/** Every route of the API: one entry each. */
export const routes: readonly Route[] = [...responseRoutes, ...conversationRoutes, ...operationRoutes, ...adminRoutes];
