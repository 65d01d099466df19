import { Hono } from "hono";
import { answerPreflight } from "./access/allow-origin.ts";
import { authenticate } from "./access/authenticate.ts";
import { limitBody } from "./access/limit-body.ts";
import { limitRate } from "./access/limit-rate.ts";
import type { AppEnv } from "./app-env.ts";
import { readConfig } from "./config.ts";
import { createItems, deleteItem, listItems, retrieveItem } from "./conversations/manage-items.ts";
import {
  createConversation,
  deleteConversation,
  retrieveConversation,
  updateConversation,
} from "./conversations/manage.ts";
import { ApiError, clientLeft, internalError, invalidRequest, renderError } from "./errors.ts";
import { checkBudget } from "./metering/check-budget.ts";
import { meterRequest } from "./metering/meter-request.ts";
import { showUsage } from "./metering/show-usage.ts";
import { serveDescription, servePage } from "./pages/serve-page.ts";
import { reportHealth } from "./report-health.ts";
import { cancelResponse } from "./responses/cancel.ts";
import { compactResponse } from "./responses/compact.ts";
import { countInputTokens } from "./responses/count-input-tokens.ts";
import { createResponse } from "./responses/create.ts";
import { deleteResponse } from "./responses/delete.ts";
import { listInputItems } from "./responses/list-input-items.ts";
import { listModels, retrieveModel } from "./responses/list-models.ts";
import { refuseWebSocket } from "./responses/refuse-web-socket.ts";
import { requireCompat } from "./responses/require-compat.ts";
import { retrieveResponse } from "./responses/retrieve.ts";
import { nameRequest, setAnswerHeaders } from "./set-answer-headers.ts";

/** `POST` here creates a response. The last two are Cloudflare's REST paths: code written for them changes only the host. */
const createPaths = ["/v1/responses", "/ai/v1/responses", "/client/v4/accounts/:account/ai/v1/responses"];

export const app = new Hono<AppEnv>({ strict: true });

app.use(nameRequest);
app.use(meterRequest);

// Before the API's own headers: a page has others.
app.get("/", servePage);
app.get("/console/*", servePage);
app.get("/reference", servePage);
app.get("/reference/*", servePage);

app.use(setAnswerHeaders);
app.use((context, next) => {
  readConfig(context.env);
  return next();
});
app.options("*", answerPreflight);

app.get("/health", reportHealth);
app.get("/openapi.json", serveDescription);

app.use("/v1/*", authenticate, limitRate);
app.use("/ai/v1/*", authenticate, limitRate);
app.use("/client/v4/*", authenticate, limitRate);

for (const path of createPaths) app.post(path, limitBody, checkBudget, createResponse);
app.get("/v1/responses", refuseWebSocket);
for (const path of createPaths) {
  app.post(`${path}/input_tokens`, requireCompat, limitBody, countInputTokens);
  app.post(`${path}/compact`, requireCompat, limitBody, checkBudget, compactResponse);
  // Before `:id`, which would take them for ids.
  app.all(`${path}/input_tokens`, refuseMethod("POST"));
  app.all(`${path}/compact`, refuseMethod("POST"));
  app.get(`${path}/:id`, retrieveResponse);
  app.delete(`${path}/:id`, deleteResponse);
  app.post(`${path}/:id/cancel`, cancelResponse);
  app.get(`${path}/:id/input_items`, listInputItems);
}
app.post("/v1/conversations", limitBody, createConversation);
app.get("/v1/conversations/:id", retrieveConversation);
app.post("/v1/conversations/:id", limitBody, updateConversation);
app.delete("/v1/conversations/:id", deleteConversation);
app.post("/v1/conversations/:id/items", limitBody, createItems);
app.get("/v1/conversations/:id/items", listItems);
app.get("/v1/conversations/:id/items/:item", retrieveItem);
app.delete("/v1/conversations/:id/items/:item", deleteItem);
app.get("/v1/models", listModels);
app.get("/v1/models/:id{.+}", retrieveModel);
app.get("/v1/usage", showUsage);

for (const path of createPaths) {
  app.all(path, refuseMethod("POST"));
  app.all(`${path}/:id`, refuseMethod("GET, HEAD, DELETE"));
  app.all(`${path}/:id/cancel`, refuseMethod("POST"));
  app.all(`${path}/:id/input_items`, refuseMethod("GET, HEAD"));
}
app.all("/v1/conversations", refuseMethod("POST"));
app.all("/v1/conversations/:id", refuseMethod("GET, HEAD, POST, DELETE"));
app.all("/v1/conversations/:id/items", refuseMethod("GET, HEAD, POST"));
app.all("/v1/conversations/:id/items/:item", refuseMethod("GET, HEAD, DELETE"));
app.all("/v1/models", refuseMethod("GET, HEAD"));
app.all("/v1/models/:id{.+}", refuseMethod("GET, HEAD"));
app.all("/v1/usage", refuseMethod("GET, HEAD"));
app.all("/health", refuseMethod("GET, HEAD"));

app.notFound(() => {
  throw new ApiError({
    status: 404,
    type: "not_found_error",
    code: "not_found",
    message: "There is nothing at this path. Responses are created with `POST /v1/responses`.",
  });
});

app.onError((error, context) => {
  if (error instanceof ApiError) return renderError(error);
  // What breaks because the client has left is no fault of the Worker's.
  if (context.req.raw.signal.aborted) return renderError(clientLeft());
  // The text of an unforeseen error may hold a prompt: its kind and the request's id have to do.
  console.error(JSON.stringify({ event: "unhandled_error", request_id: context.get("requestId"), kind: error.name }));
  return renderError(internalError());
});

function refuseMethod(allow: string) {
  return () => {
    throw invalidRequest({
      status: 405,
      code: "method_not_allowed",
      message: `This path answers ${allow} only.`,
      headers: { allow },
    });
  };
}
