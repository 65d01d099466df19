/** Every error code the API answers with: its statuses, and when it comes. */
import { knownFailures } from "../../src/workers-ai/errors.ts";

export interface ErrorCode {
  readonly statuses: readonly number[];
  /** One sentence, for a developer who got it. */
  readonly when: string;
}

/** The codes of the Worker's own. */
const ownCodes = {
  api_keys_not_set: { statuses: [401], when: "The Worker has no keys yet: its operator sets `API_KEYS`." },
  missing_api_key: { statuses: [401], when: "There is no `Authorization: Bearer <key>`." },
  invalid_api_key: { statuses: [401], when: "The key does not exist here, has expired or was revoked." },
  too_many_wrong_keys: { statuses: [429], when: "The client's address has tried 30 wrong keys in this minute." },
  key_not_checked: { statuses: [503], when: "The Worker could not check whether the managed key is valid." },
  admin_key_not_set: { statuses: [401], when: "The Worker has no admin key: its operator sets `ADMIN_KEY`." },
  key_not_found: { statuses: [404], when: "There is no managed key with this id." },
  name_taken: { statuses: [409], when: "Another key has this name." },
  key_changed_meanwhile: { statuses: [409], when: "The key was rotated or revoked at the same time." },
  unknown_parameter: { statuses: [400], when: "A key has no setting called `param`." },
  rate_limit_exceeded: {
    statuses: [429],
    when: "The key sent too many requests. `Retry-After` says when to try again.",
  },
  rate_unknown: { statuses: [503], when: "The Worker could not check how many requests the key has left." },
  budget_exceeded: { statuses: [429], when: "The key used up a budget. `Retry-After` says when it renews." },
  budget_unknown: { statuses: [503], when: "The Worker could not read what the key has used." },
  usage_not_counted: { statuses: [400], when: "The Worker does not count usage: its operator binds `USAGE`." },

  invalid_json: { statuses: [400], when: "The body is not JSON in UTF-8, or is not an object." },
  too_many_large_requests: {
    statuses: [503],
    when: "The Worker holds as many large requests as it has memory for. `Retry-After` says when to try again.",
  },
  too_many_values: { statuses: [400], when: "The body holds more JSON values than this Worker reads." },
  nesting_too_deep: { statuses: [400], when: "The body is nested too deeply." },
  unreadable_body: { statuses: [400], when: "The body broke off." },
  missing_required_parameter: { statuses: [400], when: "The field in `param` is missing." },
  invalid_type: { statuses: [400], when: "The field in `param` is of the wrong type." },
  invalid_value: { statuses: [400], when: "The field in `param` has a value that is not allowed." },
  array_above_max_length: {
    statuses: [400],
    when: "The list in `param` has more elements than are accepted: tools, input items or content parts.",
  },
  unsupported_parameter: { statuses: [400], when: "The field in `param` asks for what this Worker does not have." },
  unsupported_tool: {
    statuses: [400],
    when: "The tool is one that this Worker does not run, or that is not set up here.",
  },
  mcp_server_not_allowed: {
    statuses: [400],
    when: "The MCP server is not one that this Worker may call: its operator names them in `MCP_SERVERS`.",
  },
  approval_unavailable: {
    statuses: [400],
    when: "A call may need the user's approval, the response is not stored, and the Worker has no `REASONING_KEY`.",
  },
  approval_request_not_found: { statuses: [400], when: "The approval request is neither stored nor in `input`." },
  approval_invalid: {
    statuses: [400],
    when: "The approval request was not made here for this key, server, tool and arguments.",
  },
  approval_expired: { statuses: [400], when: "The approval request is more than an hour old." },
  approval_already_used: { statuses: [400], when: "The approval request was used already: it allows one call." },
  approval_server_missing: { statuses: [400], when: "The MCP server of the approval request is not in `tools`." },
  invalid_encrypted_content: { statuses: [400], when: "The compaction was made elsewhere, or for another key." },
  context_length_exceeded: { statuses: [400], when: "The input does not fit into the model's context." },
  request_too_large: {
    statuses: [413],
    when: "The body is larger than `MAX_BODY_BYTES`, or a background request with its context larger than 32 MiB.",
  },
  unsupported_media_type: { statuses: [415], when: "The body is not sent as JSON." },
  unsupported_content_encoding: { statuses: [415], when: "The body is compressed." },
  invalid_file_data: { statuses: [400], when: "A file, an image or a recording is not base64." },
  invalid_data_url: { statuses: [400], when: "A file or an image is a `data:` URL without data." },
  empty_file: { statuses: [400], when: "A file, an image or a recording is empty, or a file has no text." },
  file_too_large: {
    statuses: [400],
    when: "A file, image or recording is over 10 MiB, or those of one request over 20 MiB or 4,000,000 characters.",
  },
  encrypted_file: { statuses: [400], when: "A file can't be opened without its password." },
  unsupported_file: {
    statuses: [400],
    when: "A file is of a kind that is not supported, or is not of the kind that it is declared as.",
  },
  unsupported_charset: { statuses: [400], when: "A text names a charset that is not known." },
  file_not_converted: { statuses: [400], when: "Workers AI found no text in a file, an image or a recording." },
  file_not_fetched: { statuses: [400], when: "The URL of a file or an image may not be fetched, or could not be." },
  too_many_files: {
    statuses: [400],
    when: "The request needs more than 16 files, images and recordings converted or fetched, or they take too many requests.",
  },
  invalid_image_format: { statuses: [400], when: "What was sent as an image is not an image." },
  unsupported_image_media_type: {
    statuses: [400],
    when: "Images of this kind can't be described, and the model can't see.",
  },
  unsupported_input: {
    statuses: [400],
    when: "The model can't see, and this Worker refuses images for it; or the part is a video.",
  },
  model_not_found: { statuses: [404], when: "The Worker does not serve this model; the message lists those it does." },

  previous_response_not_found: {
    statuses: [400],
    when: "There is no response with this `previous_response_id` to continue.",
  },
  previous_response_not_finished: { statuses: [400], when: "The response to continue is still in progress." },
  context_too_large: {
    statuses: [400],
    when: "What the request continues is larger than 8 MiB, 20,000 items or 250,000 JSON values.",
  },
  item_not_found: { statuses: [400, 404], when: "There is no such item, stored or in this conversation." },
  too_many_references: { statuses: [400], when: "The items referred to belong to more than 64 threads." },
  background_needs_store: { statuses: [400], when: "A `background` response can't have `store: false`." },
  background_not_started: { statuses: [500], when: "The background run could not be started." },
  response_not_found: { statuses: [404], when: "There is no stored response with this id, or it is another key's." },
  response_not_streamed: {
    statuses: [400],
    when: "The response is in progress without events, so it can't be read as a stream yet.",
  },
  response_not_in_background: { statuses: [400], when: "Only a background response can be cancelled." },

  conversation_not_found: {
    statuses: [404],
    when: "There is no conversation with this id, or it is another key's.",
  },
  too_many_items: { statuses: [400], when: "One call can add 20 items to a conversation." },
  conversation_too_large: { statuses: [400], when: "A conversation holds 8 MiB or 20,000 items." },
  object_above_max_properties: { statuses: [400], when: "`metadata` has more than 16 pairs." },
  property_name_above_max_length: { statuses: [400], when: "A key of `metadata` is longer than 64 characters." },
  string_above_max_length: { statuses: [400], when: "A value of `metadata` is longer than 512 characters." },
  mutually_exclusive_parameters: { statuses: [400], when: "Two fields say where the turn belongs: send one." },
  compat_mode_only: { statuses: [404], when: "The path is served in compat mode only." },

  not_found: { statuses: [404], when: "There is nothing at this path." },
  method_not_allowed: { statuses: [405], when: "The path does not take this method; `Allow` says which it does." },
  websocket_unsupported: { statuses: [426], when: "Responses are not served over WebSocket: `WEBSOCKET` is `off`." },
  origin_not_allowed: {
    statuses: [403],
    when: "A page opened a WebSocket whose origin `ALLOWED_ORIGINS` does not name.",
  },
  invalid_stream_id: { statuses: [400], when: "A frame's `stream_id` is not one. Only in a frame of a WebSocket." },
  websocket_stream_limit_reached: { statuses: [400], when: "A connection has 32 lanes with a name. Only in a frame." },
  websocket_queue_limit_reached: { statuses: [429], when: "Too many frames wait for their turn. Only in a frame." },
  websocket_connection_limit_reached: {
    statuses: [400],
    when: "The connection has lived as long as it may: open another. Only in a frame.",
  },
  steering_not_supported: {
    statuses: [400],
    when: "The model takes no input while it answers. Only in `response.steer.failed`.",
  },
  client_closed_request: { statuses: [499], when: "The client left before the answer. Only the log sees it." },
  misconfigured: {
    statuses: [500],
    when: "The setting or binding in `param` is wrong: its operator has to correct it.",
  },
  state_schema_mismatch: {
    statuses: [500],
    when: "The stored data was written by another version of this Worker, in another schema. It is refused, not misread.",
  },
  internal_error: { statuses: [500], when: "A fault in the Worker itself. Its log has the `x-request-id`." },

  upstream_timeout: { statuses: [408, 504], when: "Workers AI did not answer in time." },
  upstream_rate_limited: { statuses: [429], when: "Workers AI is busy." },
  upstream_unauthorized: { statuses: [502], when: "Workers AI refused this Worker." },
  upstream_rejected: { statuses: [400], when: "Workers AI rejected the request, with whatever status it gave." },
  upstream_error: { statuses: [500, 502, 503], when: "Workers AI failed to answer." },
  upstream_invalid_response: { statuses: [502], when: "Workers AI's answer is not a valid one." },
  upstream_stream_broken: { statuses: [502], when: "Workers AI's answer broke off." },
} as const satisfies Record<string, ErrorCode>;

/** All codes: ours first, then those Workers AI's own errors are turned into. Where both have one, ours says more. */
export const errorCodes: Readonly<Record<string, ErrorCode>> = { ...ownCodes, ...readKnownFailures(), ...ownCodes };

/** A code of the Worker's own. */
export type OwnCode = keyof typeof ownCodes;

/** The codes that only a call of the model gives. */
export const modelCodes: readonly string[] = [
  ...Object.values(knownFailures).map(({ code }) => code),
  ...Object.keys(ownCodes).filter((code) => code.startsWith("upstream_")),
];

function readKnownFailures(): Record<string, ErrorCode> {
  return Object.fromEntries(
    Object.values(knownFailures).map(({ code, status, message }) => [code, { statuses: [status], when: message }]),
  );
}

/** All codes as a table in Markdown. */
export function describeCodes(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { statuses, when }]) => `| \`${code}\` | ${statuses.join(", ")} | ${when} |`,
  );
  return ["| code | status | when |", "| --- | --- | --- |", ...rows].join("\n");
}
