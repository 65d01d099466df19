import fc from "fast-check";
import { renderRequest } from "../../test/support/raw-client.ts";
import { testKey } from "../../test/support/start-api.ts";

/** One request, as it goes over the wire. */
export interface FuzzRequest {
  method: string;
  path: string;
  headers: [string, string][];
  body: Uint8Array | undefined;
}

export function renderFuzz({ method, path, headers, body }: FuzzRequest): Buffer {
  const close: [string, string] = ["connection", "close"];
  return renderRequest({ method, path, headers: [...headers, close], ...(body !== undefined && { body }) });
}

const methods = fc.oneof(
  { weight: 6, arbitrary: fc.constant("POST") },
  { weight: 3, arbitrary: fc.constantFrom("GET", "DELETE", "OPTIONS", "HEAD") },
  { weight: 1, arbitrary: fc.constantFrom("PUT", "PATCH", "TRACE", "PROPFIND", "post", "BREW") },
);

const segments = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("v1", "responses", "models", "ai", "client", "v4", "accounts", "health") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("compact", "input_tokens", "input_items", "cancel", "conversations", "usage", "console"),
  },
  { weight: 1, arbitrary: fc.constantFrom("..", ".", "", "%2e%2e", "%00", "%", "__proto__", "constructor", "resp_1") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }).map((text) => escapePath(text.toWellFormed())) },
);

/** Half of the fields are left as they are: what is sent over the wire need not be a valid URL. */
function escapePath(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/");
}

const queries = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom("stream", "limit", "after", "order", "starting_after", "include[]", "from", "to", "x"),
          fc.oneof(fc.string(), fc.constantFrom("true", "1", "-1", "asc", "msg_1", "2026-11-01", "2026-11-31")),
        ),
        { maxLength: 3 },
      )
      .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${escapePath(value.toWellFormed())}`).join("&")}`),
  },
);

const createPaths = fc.constantFrom("/v1/responses", "/ai/v1/responses", "/client/v4/accounts/a/ai/v1/responses");

/** The other routes, with ids nobody was given. */
const otherPaths = fc
  .tuple(
    fc.constantFrom(
      "/v1/responses/resp_1",
      "/v1/responses/resp_1/cancel",
      "/v1/responses/resp_1/input_items",
      "/v1/responses/input_tokens",
      "/v1/responses/compact",
      "/v1/conversations",
      "/v1/conversations/conv_1",
      "/v1/conversations/conv_1/items",
      "/v1/conversations/conv_1/items/msg_1",
      "/v1/models/gpt-oss-20b",
      "/v1/usage",
    ),
    queries,
  )
  .map((parts) => parts.join(""));

const paths = fc.oneof(
  { weight: 5, arbitrary: createPaths },
  { weight: 5, arbitrary: otherPaths },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(segments, { maxLength: 6 }), queries)
      .map(([parts, query]) => `/${parts.join("/")}${query}`),
  },
);

/** Everything a header may hold (RFC 9110 section 5.5) but line ends and NUL, which end the header. */
const headerText = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9)), {
    maxLength: 40,
  })
  .map((codes) => String.fromCodePoint(...codes));

const headers = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constant("content-type"),
      fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"),
    ),
    fc.tuple(fc.constant("content-encoding"), fc.constantFrom("identity", "gzip", "zstd", "identity, gzip")),
    fc.tuple(
      fc.constantFrom("x-request-id", "origin", "accept", "range", "cookie", "openai-beta", "cf-connecting-ip"),
      headerText,
    ),
    fc.tuple(fc.constant("upgrade"), fc.constantFrom("websocket", "h2c")),
    fc.tuple(fc.constantFrom("access-control-request-headers", "access-control-request-method"), headerText),
  ),
  { maxLength: 4 },
);

/** Values of every kind, nested, with the names that pollute prototypes among the keys. */
const anything = fc.anything({
  key: fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      "__proto__",
      "constructor",
      "prototype",
      "type",
      "role",
      "content",
      "text",
      "id",
      "call_id",
      "name",
    ),
  ),
  values: [
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("message", "user", "system", "function", "input_text", "function_call", "reasoning", "custom"),
  ],
  maxDepth: 4,
  maxKeys: 5,
});

/** Values as they should be, and now and then any other. */
function mostly<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: anything });
}

const items = fc.array(
  fc.record(
    {
      type: mostly(
        fc.constantFrom(
          "message",
          "function_call",
          "function_call_output",
          "reasoning",
          "item_reference",
          "custom_tool_call",
          "custom_tool_call_output",
          "web_search_call",
        ),
      ),
      role: mostly(fc.constantFrom("user", "assistant", "system", "developer", "tool")),
      content: mostly(
        fc.oneof(
          fc.string(),
          fc.array(fc.record({ type: fc.constantFrom("input_text", "output_text", "image"), text: fc.string() })),
        ),
      ),
      call_id: mostly(fc.string()),
      name: mostly(fc.string()),
      arguments: mostly(fc.oneof(fc.string(), fc.json())),
      output: mostly(fc.string()),
      summary: mostly(fc.constant([])),
      encrypted_content: mostly(fc.string()),
      id: mostly(fc.string()),
    },
    { requiredKeys: ["type", "content"] },
  ),
  { maxLength: 5 },
);

/** The document of a create request, most of it as it should be. */
export const documents = fc.record(
  {
    input: mostly(fc.oneof(fc.string(), items)),
    model: mostly(fc.constantFrom("gpt-oss-20b", "openai/gpt-oss-20b", "@cf/openai/gpt-oss-20b")),
    stream: mostly(fc.boolean()),
    instructions: mostly(fc.string()),
    reasoning: mostly(
      fc.record({ effort: fc.constantFrom("low", "medium", "high"), summary: fc.constantFrom("auto", null) }),
    ),
    tools: mostly(
      fc.array(
        fc.record(
          {
            type: fc.constantFrom("function", "custom", "namespace"),
            name: fc.constantFrom("look", "see"),
            parameters: anything,
          },
          { requiredKeys: ["type", "name"] },
        ),
        { maxLength: 3 },
      ),
    ),
    tool_choice: mostly(fc.constantFrom("auto", "none", "required")),
    text: mostly(fc.record({ format: mostly(fc.constantFrom({ type: "text" }, { type: "json_object" })) })),
    metadata: mostly(fc.dictionary(fc.string(), fc.string())),
    store: mostly(fc.boolean()),
    background: mostly(fc.constantFrom(false, null, true)),
    previous_response_id: mostly(fc.constantFrom(null, null, null, "resp_1")),
    conversation: mostly(fc.constantFrom(null, null, null, "conv_1")),
    include: mostly(fc.constant([])),
    max_output_tokens: mostly(fc.integer({ min: 1, max: 9_000 })),
    prompt_cache_key: mostly(fc.string()),
    truncation: mostly(fc.constantFrom("auto", "disabled")),
    temperature: mostly(fc.double({ min: 0, max: 2, noNaN: true })),
    user: mostly(fc.string()),
  },
  { requiredKeys: ["input"] },
);

const conversations = fc.record(
  { items: mostly(items), metadata: mostly(fc.dictionary(fc.string(), fc.string())) },
  { requiredKeys: [] },
);

const bodies = fc.oneof(
  { weight: 8, arbitrary: documents.map((document) => Buffer.from(JSON.stringify(document))) },
  { weight: 4, arbitrary: conversations.map((document) => Buffer.from(JSON.stringify(document))) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(documents, fc.nat(2_000))
      .map(([document, cut]) => Buffer.from(JSON.stringify(document)).subarray(0, cut)),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 3_000 })
      .map((depth) => Buffer.from(`{"input":${"[".repeat(depth)}${"]".repeat(depth)}}`)),
  },
);

/** A request with a valid key. */
export const keyedRequest: fc.Arbitrary<FuzzRequest> = requestWith(
  fc.constant([["authorization", `Bearer ${testKey}`]]),
);

/** A request with a wrong key, with none, or with the right one in the wrong place. */
export const strangersRequest: fc.Arbitrary<FuzzRequest> = requestWith(
  fc.oneof(
    fc.constant<[string, string][]>([]),
    fc.constantFrom<[string, string][]>(
      [["authorization", testKey]],
      [["authorization", `Basic ${testKey}`]],
      [["authorization", `Bearer ${testKey.slice(0, -1)}`]],
      [["authorization", `Bearer ${testKey}x`]],
      [["authorization", `Bearer ${testKey.toUpperCase()}`]],
      [["authorization", `Bearer tester:${testKey}`]],
      [["x-api-key", testKey]],
      [["cookie", `authorization=Bearer ${testKey}`]],
      [
        ["authorization", "Bearer wrong-key-0123456789"],
        ["authorization", `Bearer ${testKey}`],
      ],
    ),
    headerText.map((text): [string, string][] => [["authorization", `Bearer ${text}`]]),
  ),
);

/** Two of three are a create request as it should be but for its document, the others anything at all. */
function requestWith(credentials: fc.Arbitrary<[string, string][]>): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        method: fc.constant("POST"),
        path: createPaths,
        headers: credentials,
        body: documents.map((document) => Buffer.from(JSON.stringify(document))),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        method: methods,
        path: paths,
        headers: fc.tuple(credentials, headers).map((lists) => lists.flat()),
        body: fc.option(bodies, { nil: undefined, freq: 8 }),
      }),
    },
  );
}
