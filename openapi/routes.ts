/** Every route of the API: one entry each. What all routes have in common is added where the document is built. */
import type { OwnCode } from "./errors.ts";
import { createExamples, examples } from "./examples.ts";
import type { SchemaName } from "./schemas.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
  readonly schema: object;
}

export interface Route {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly operationId: string;
  readonly tag: "Responses" | "Models" | "Operations";
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: SchemaName; readonly examples: Readonly<Record<string, object>> };
  /** What a successful call gets; a route without one only ever refuses. */
  readonly answer?: {
    readonly description: string;
    readonly json: SchemaName;
    readonly example: object;
    /** What the events of the answer's stream are, where it can be one. */
    readonly stream?: { readonly schema: SchemaName; readonly example: string };
  };
  /** Its own error codes, beside those every route has. */
  readonly codes?: readonly OwnCode[];
  /** Calls the model, and may fail as it does. */
  readonly callsModel?: true;
  /** Needs no key. */
  readonly open?: true;
  /** The same under Cloudflare's own REST paths, for code written for them. */
  readonly alsoAtRestPaths?: true;
}

const responseId: Parameter = {
  name: "response_id",
  in: "path",
  description: "The id of a stored response.",
  schema: { type: "string" },
};

const bodyCodes = [
  "invalid_json",
  "nesting_too_deep",
  "unreadable_body",
  "missing_required_parameter",
  "invalid_type",
  "invalid_value",
  "request_too_large",
  "unsupported_media_type",
  "unsupported_content_encoding",
] as const satisfies OwnCode[];

export const routes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/responses",
    operationId: "createResponse",
    tag: "Responses",
    summary: "Create a response",
    description:
      "Has the model answer. In native mode the request is checked against Workers AI's own schema and everything else in it is passed on, " +
      "and upstream's answer comes back byte for byte. In compat mode every OpenAI client's request is translated, and the answer is a complete Response.",
    body: { schema: "CreateRequest", examples: createExamples },
    answer: {
      description: "The answer; with `stream: true` its events as they come, the last one with the whole Response.",
      json: "Response",
      example: examples.response,
      stream: { schema: "StreamEvent", example: examples.stream },
    },
    codes: [
      ...bodyCodes,
      "array_above_max_length",
      "unsupported_parameter",
      "unsupported_tool",
      "invalid_encrypted_content",
      "context_length_exceeded",
      "model_not_found",
      "previous_response_not_found",
      "previous_response_not_finished",
      "item_not_found",
      "background_needs_store",
      "background_not_started",
      "budget_exceeded",
      "budget_unknown",
    ],
    callsModel: true,
    alsoAtRestPaths: true,
  },
  {
    method: "get",
    path: "/v1/responses",
    operationId: "refuseWebSocket",
    tag: "Responses",
    summary: "Refuse a WebSocket",
    description: "Clients that try a WebSocket first are told at once to use HTTP.",
    codes: ["websocket_unsupported", "method_not_allowed"],
  },
  {
    method: "get",
    path: "/v1/responses/{response_id}",
    operationId: "retrieveResponse",
    tag: "Responses",
    summary: "Retrieve a stored response",
    parameters: [
      responseId,
      {
        name: "stream",
        in: "query",
        description: "`true`: as events. Those of a background run are live.",
        schema: { type: "boolean", default: false },
      },
      {
        name: "starting_after",
        in: "query",
        description: "With `stream=true`: the `sequence_number` after which the events start.",
        schema: { type: "integer", minimum: 0 },
      },
    ],
    answer: {
      description: "The response, or its events.",
      json: "Response",
      example: examples.response,
      stream: { schema: "StreamEvent", example: examples.stream },
    },
    codes: ["response_not_found", "response_not_streamed", "invalid_value"],
    alsoAtRestPaths: true,
  },
  {
    method: "delete",
    path: "/v1/responses/{response_id}",
    operationId: "deleteResponse",
    tag: "Responses",
    summary: "Delete a stored response",
    parameters: [responseId],
    answer: { description: "It is erased.", json: "DeletedResponse", example: examples.deleted },
    codes: ["response_not_found"],
    alsoAtRestPaths: true,
  },
  {
    method: "post",
    path: "/v1/responses/{response_id}/cancel",
    operationId: "cancelResponse",
    tag: "Responses",
    summary: "Cancel a background response",
    parameters: [responseId],
    answer: {
      description: "The response as it ended; one that had ended before is not changed.",
      json: "Response",
      example: examples.response,
    },
    codes: ["response_not_found", "response_not_in_background"],
    alsoAtRestPaths: true,
  },
  {
    method: "get",
    path: "/v1/responses/{response_id}/input_items",
    operationId: "listInputItems",
    tag: "Responses",
    summary: "List what the model was given",
    description: "The items of the input, earlier turns included, a page at a time.",
    parameters: [
      responseId,
      {
        name: "limit",
        in: "query",
        description: "How many items a page has.",
        schema: { type: "integer", minimum: 1, maximum: 100, default: 20 },
      },
      {
        name: "order",
        in: "query",
        description: "Oldest or newest first.",
        schema: { type: "string", enum: ["asc", "desc"], default: "desc" },
      },
      {
        name: "after",
        in: "query",
        description: "The id of the item after which the page starts.",
        schema: { type: "string" },
      },
    ],
    answer: { description: "A page of items.", json: "InputItemList", example: examples.inputItems },
    codes: ["response_not_found", "invalid_value"],
    alsoAtRestPaths: true,
  },
  {
    method: "get",
    path: "/v1/models",
    operationId: "listModels",
    tag: "Models",
    summary: "List the models",
    answer: {
      description: "The models this Worker serves, the default one first.",
      json: "ModelList",
      example: { object: "list", data: [examples.model] },
    },
  },
  {
    method: "get",
    path: "/v1/models/{model}",
    operationId: "retrieveModel",
    tag: "Models",
    summary: "Retrieve a model",
    parameters: [
      {
        name: "model",
        in: "path",
        description: "Its name, in full or shortened; slashes may stay as they are.",
        schema: { type: "string" },
      },
    ],
    answer: { description: "The model.", json: "Model", example: examples.model },
    codes: ["model_not_found"],
  },
  {
    method: "get",
    path: "/v1/usage",
    operationId: "showUsage",
    tag: "Operations",
    summary: "Show what the caller's key used",
    description: "Requests, tokens and cost by UTC day and model. Needs the binding `USAGE`.",
    parameters: [
      {
        name: "from",
        in: "query",
        description: "The first day, UTC; 29 days before `to` when left out.",
        schema: { type: "string", format: "date" },
      },
      {
        name: "to",
        in: "query",
        description: "The last day, UTC; today when left out. At most 366 days in all.",
        schema: { type: "string", format: "date" },
      },
    ],
    answer: { description: "The usage.", json: "UsageReport", example: examples.usage },
    codes: ["usage_not_counted", "invalid_value"],
  },
  {
    method: "get",
    path: "/health",
    operationId: "reportHealth",
    tag: "Operations",
    summary: "Say what this Worker serves",
    description: "Calls no model. A wrong setting is told here as everywhere.",
    answer: { description: "The settings are right.", json: "Health", example: examples.health },
    open: true,
  },
  {
    method: "get",
    path: "/openapi.json",
    operationId: "describeApi",
    tag: "Operations",
    summary: "Describe the API",
    answer: { description: "This document.", json: "OpenApi", example: { openapi: "3.1.1" } },
    codes: ["not_found"],
    open: true,
  },
];
