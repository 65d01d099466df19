import { type Context, Hono } from "hono";
import { authenticate, authenticateAdmin, recognize } from "./access/authenticate.ts";
import { checkOrigin } from "./access/check-origin.ts";
import { limitRate } from "./access/limit-rate.ts";
import {
  changeManagedKey,
  createManagedKey,
  listManagedKeys,
  retrieveManagedKey,
  revokeManagedKey,
  rotateManagedKey,
} from "./admin/keys.ts";
import { showCompletionsUsage, showCosts } from "./admin/show-organization-usage.ts";
import { showOverview } from "./admin/show-overview.ts";
import type { Mode } from "./call.ts";
import { readConfig } from "./config.ts";
import { createItems, deleteItem, listItems, retrieveItem } from "./conversations/manage-items.ts";
import {
  createConversation,
  deleteConversation,
  retrieveConversation,
  updateConversation,
} from "./conversations/manage.ts";
import { ApiError, clientLeft, renderError } from "./errors.ts";
import { nameRequest, setAnswerHeaders } from "./http/answer-headers.ts";
import type { AppEnv } from "./http/app-env.ts";
import { answerPreflight } from "./http/cors.ts";
import { holdMemory } from "./http/hold-memory.ts";
import { refuseMethod } from "./http/refuse-method.ts";
import { reportHealth } from "./http/report-health.ts";
import { requireCompat, setMode } from "./http/set-mode.ts";
import { checkBudget } from "./metering/check-budget.ts";
import { meterRequest } from "./metering/meter-request.ts";
import { showUsage } from "./metering/show-usage.ts";
import { listModels, retrieveModel } from "./models/list-models.ts";
import { serveDescription, servePage } from "./pages/serve-page.ts";
import { cancelResponse } from "./responses/cancel.ts";
import { compactResponse } from "./responses/compact.ts";
import { countInputTokens } from "./responses/count-input-tokens.ts";
import { createResponse } from "./responses/create.ts";
import { deleteResponse } from "./responses/delete.ts";
import { listInputItems } from "./responses/list-input-items.ts";
import { retrieveResponse } from "./responses/retrieve.ts";
import { toApiError } from "./to-api-error.ts";
import { openSocket, requireUpgrade } from "./websocket/open-socket.ts";

/**
 * Where the API stands, and how Workers AI is called there; undefined is what `MODE` says. The native ones are
 * Cloudflare's REST paths: code written for them changes only the host.
 */
const bases: readonly { path: string; mode: Mode | undefined }[] = [
  { path: "/openai/v1", mode: "compat" },
  { path: "/v1", mode: undefined },
  { path: "/ai/v1", mode: "native" },
  { path: "/client/v4/accounts/:account/ai/v1", mode: "native" },
];

export const app = new Hono<AppEnv>({ strict: true });

app.use(nameRequest);
app.use(meterRequest);

// Before the API's own headers: a page has others.
app.get("/", servePage);
app.get("/console/*", servePage);
app.get("/reference", servePage);

app.use(setAnswerHeaders);
app.use((context, next) => {
  readConfig(context.env);
  return next();
});
app.options("*", answerPreflight);

app.get("/health", recognize, reportHealth);
app.get("/openapi.json", serveDescription);

app.use("/admin/*", authenticateAdmin, holdMemory);
app.post("/admin/keys", createManagedKey);
app.get("/admin/keys", listManagedKeys);
app.get("/admin/keys/:id", retrieveManagedKey);
app.patch("/admin/keys/:id", changeManagedKey);
app.delete("/admin/keys/:id", revokeManagedKey);
app.post("/admin/keys/:id/rotate", rotateManagedKey);
app.get("/admin/overview", showOverview);
// Before the other routes of these base URLs, which take the keys of clients.
for (const path of ["/openai/v1/organization", "/v1/organization"]) {
  app.use(`${path}/*`, authenticateAdmin);
  app.get(`${path}/usage/completions`, showCompletionsUsage);
  app.get(`${path}/costs`, showCosts);
  app.all(`${path}/*`, notFound);
}

for (const { path, mode } of bases) {
  app.use(`${path}/*`, setMode(mode), authenticate, limitRate, holdMemory);
  app.post(`${path}/responses`, checkBudget, createResponse);
  app.all(`${path}/responses`, requireUpgrade, checkOrigin, checkBudget, openSocket);
  app.post(`${path}/responses/input_tokens`, requireCompat, countInputTokens);
  app.post(`${path}/responses/compact`, requireCompat, checkBudget, compactResponse);
  // Before `:id`, which would take them for ids.
  app.all(`${path}/responses/input_tokens`, notFound);
  app.all(`${path}/responses/compact`, notFound);
  app.get(`${path}/responses/:id`, retrieveResponse);
  app.delete(`${path}/responses/:id`, deleteResponse);
  app.post(`${path}/responses/:id/cancel`, cancelResponse);
  app.get(`${path}/responses/:id/input_items`, listInputItems);
}
for (const path of ["/openai/v1", "/v1"]) {
  app.post(`${path}/conversations`, createConversation);
  app.get(`${path}/conversations/:id`, retrieveConversation);
  app.post(`${path}/conversations/:id`, updateConversation);
  app.delete(`${path}/conversations/:id`, deleteConversation);
  app.post(`${path}/conversations/:id/items`, createItems);
  app.get(`${path}/conversations/:id/items`, listItems);
  app.get(`${path}/conversations/:id/items/:item`, retrieveItem);
  app.delete(`${path}/conversations/:id/items/:item`, deleteItem);
  app.get(`${path}/models`, listModels);
  app.get(`${path}/models/:id{.+}`, retrieveModel);
  app.get(`${path}/usage`, showUsage);
}

app.notFound(notFound);

app.onError((error, context) => {
  // What breaks because the client has left is no fault of the Worker's.
  if (!(error instanceof ApiError) && context.req.raw.signal.aborted) return renderError(clientLeft());
  return renderError(toApiError(error, context.get("requestId")));
});

const nothingHere = "There is nothing at this path. Responses are created with `POST /openai/v1/responses`.";

/** For clients that were not told to speak the Responses API. */
const noChat =
  "This Worker serves the Responses API, not Chat Completions. Have the client use `POST …/responses` under the same base URL; how requests differ: https://developers.openai.com/api/docs/guides/migrate-to-responses.";

/** A path that is served by another method, or not at all. */
function notFound(context: Context<AppEnv>): never {
  throw (
    refuseMethod(context, app) ??
    new ApiError({
      status: 404,
      type: "not_found_error",
      code: "not_found",
      message: context.req.path.endsWith("/chat/completions") ? noChat : nothingHere,
    })
  );
}
