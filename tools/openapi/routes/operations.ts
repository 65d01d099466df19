import { examples } from "../examples.ts";
import type { Route } from "../route.ts";

/** The models, what they cost, and how the Worker does. */
export const operationRoutes: readonly Route[] = [
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
    description: "Calls no model. A wrong setting is told here as everywhere. Prices are there for a valid key.",
    answer: { description: "The settings are right.", json: "Health", example: examples.health },
    open: true,
    hasNoBase: true,
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
    hasNoBase: true,
  },
];
