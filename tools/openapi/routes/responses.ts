import type { OwnCode } from "../errors.ts";
import { createExamples, examples } from "../examples.ts";
import { bodyCodes, pageParameters, type Parameter, type Route } from "../route.ts";

const responseId: Parameter = {
  name: "response_id",
  in: "path",
  description: "The id of a stored response.",
  schema: { type: "string" },
};

/** What a file, an image or a recording in it can be refused for. */
const fileCodes = [
  "invalid_file_data",
  "invalid_data_url",
  "empty_file",
  "file_too_large",
  "encrypted_file",
  "unsupported_file",
  "unsupported_charset",
  "file_not_converted",
  "file_not_fetched",
  "too_many_files",
  "invalid_image_format",
  "unsupported_image_media_type",
  "unsupported_input",
] as const satisfies OwnCode[];

/** What a create request can be refused for. */
const requestCodes = [
  ...bodyCodes,
  "array_above_max_length",
  "string_above_max_length",
  "object_above_max_properties",
  "property_name_above_max_length",
  "unsupported_parameter",
  "unsupported_tool",
  "invalid_encrypted_content",
  "context_length_exceeded",
  "model_not_found",
  "previous_response_not_found",
  "previous_response_not_finished",
  "item_not_found",
  "too_many_references",
  "conversation_not_found",
  "mutually_exclusive_parameters",
  ...fileCodes,
] as const satisfies OwnCode[];

/** Creating responses, and coming back to them. */
export const responseRoutes: readonly Route[] = [
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
      json: "AnyResponse",
      example: examples.response,
      stream: { schema: "AnyStreamEvent", example: examples.stream },
    },
    codes: [...requestCodes, "background_needs_store", "background_not_started", "budget_exceeded", "budget_unknown"],
    callsModel: true,
    alsoAtRestPaths: true,
  },
  {
    method: "get",
    path: "/v1/responses",
    operationId: "connectResponses",
    tag: "Responses",
    summary: "Open a WebSocket for responses",
    description:
      'A handshake opens a connection. Each frame of the client is `{"type": "response.create", …}` with the fields of a create request; ' +
      "the frames of the Worker are the events of a stream. A page sends its key as the subprotocol `openai-insecure-api-key.<key>`, beside `responses`.",
    socket: "The connection is open.",
    codes: ["origin_not_allowed", "budget_exceeded", "budget_unknown", "websocket_unsupported"],
    alsoAtRestPaths: true,
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
      json: "AnyResponse",
      example: examples.response,
      stream: { schema: "AnyStreamEvent", example: examples.stream },
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
    answer: { description: "The response is deleted.", json: "DeletedResponse", example: examples.deleted },
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
    parameters: [responseId, ...pageParameters],
    answer: { description: "A page of items.", json: "ItemList", example: examples.items },
    codes: ["response_not_found", "invalid_value"],
    alsoAtRestPaths: true,
  },
  {
    method: "post",
    path: "/v1/responses/input_tokens",
    operationId: "countInputTokens",
    tag: "Responses",
    summary: "Estimate the tokens of a request",
    description: "In compat mode. An estimate, as the `warning` header says; the model is not called.",
    body: { schema: "CreateRequest", examples: createExamples },
    answer: {
      description: "How many tokens its prompt would have.",
      json: "InputTokens",
      example: { object: "response.input_tokens", input_tokens: 69 },
    },
    codes: ["compat_mode_only", ...requestCodes],
    alsoAtRestPaths: true,
  },
  {
    method: "post",
    path: "/v1/responses/compact",
    operationId: "compactResponse",
    tag: "Responses",
    summary: "Make a conversation short",
    description: "In compat mode. The user's messages stay; the model sums up all the rest into one `compaction` item.",
    body: { schema: "CreateRequest", examples: createExamples },
    answer: {
      description: "The items that replace the conversation.",
      json: "Compaction",
      example: examples.compaction,
    },
    codes: ["compat_mode_only", ...requestCodes, "budget_exceeded", "budget_unknown"],
    callsModel: true,
    alsoAtRestPaths: true,
  },
];
