import { type ErrorCode, errorCodes, modelCodes } from "./errors.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { renderSchemas } from "./schemas.ts";

/** What every call may be answered with; with a key, also what the key is checked for. */
const commonCodes = ["misconfigured", "internal_error"];
const triedCodes = ["missing_api_key", "invalid_api_key", "too_many_wrong_keys"];
const keyCodes = [...triedCodes, "api_keys_not_set", "key_not_checked", "rate_limit_exceeded", "rate_unknown"];
const adminCodes = [...triedCodes, "admin_key_not_set"];

const reasons: Readonly<Record<number, string>> = {
  400: "The request is wrong.",
  401: "The key is missing or wrong.",
  403: "It is not allowed.",
  404: "There is no such thing.",
  405: "Wrong method.",
  408: "Workers AI timed out.",
  409: "It does not go with what is there.",
  413: "The request is too large.",
  415: "The body is not plain JSON.",
  426: "No WebSocket here.",
  429: "Too much. `Retry-After` says in how many seconds to try again.",
  499: "The client left.",
  500: "A fault of the Worker or of its settings.",
  502: "Workers AI did not give an answer.",
  503: "Not now.",
  504: "Workers AI did not answer in time.",
};

/** Builds the OpenAPI 3.1 document of the API. Pure: the same code, the same document. */
export function buildDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= route.hasNoBase === true ? {} : { servers: serversOf(route) };
    Object.assign(paths[route.path] ?? {}, { [route.method]: renderOperation(route) });
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Responses API on Workers AI",
      version,
      summary: "The OpenAI Responses API in front of gpt-oss on Cloudflare Workers AI.",
      description:
        "Requests and answers are those of the OpenAI Responses API, so every client of it works. Every failed call has one envelope: see the schema `Error`, which lists all codes.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This Worker." }],
    security: [{ key: [] }],
    tags: [
      { name: "Responses", description: "Ask the model, and retrieve what it answered." },
      { name: "Conversations", description: "Each turn of a conversation gets the items of the turns before it." },
      { name: "Models", description: "The models that this Worker serves." },
      { name: "Operations", description: "Health, usage and the description of this Worker." },
      { name: "Administration", description: "Keys, and what they use. Off without the secret `ADMIN_KEY`." },
    ],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "A key of `API_KEYS`, or a managed one. Not needed with `AUTH=none`.",
        },
        adminKey: { type: "http", scheme: "bearer", description: "The secret `ADMIN_KEY`." },
      },
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
      ),
      schemas: renderSchemas(),
    },
  };
}

function serversOf({ needsAdmin, alsoAtRestPaths }: Route): object[] {
  // Modes are for those who call the model.
  if (needsAdmin === true) return bases.map(({ url }) => ({ url }));
  return alsoAtRestPaths === true ? [...bases, ...restBases] : bases;
}

const bases = [
  { url: "/openai", description: "Compat mode: for OpenAI's clients." },
  { url: "/", description: "The mode that the setting `MODE` names: native unless set." },
];

const restBases = [
  { url: "/ai", description: "Native mode, at the path of Cloudflare's REST API." },
  {
    url: "/client/v4/accounts/{account}/ai",
    description: "The same, for code written for Cloudflare's REST API.",
    variables: { account: { default: "my-account", description: "Any text: there is one account here." } },
  },
];

function renderOperation(route: Route): object {
  const { operationId, tag, summary, description, parameters, body, open, needsAdmin } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(open === true && { security: [] }),
    ...(needsAdmin === true && { security: [{ adminKey: [] }] }),
    ...(parameters !== undefined && {
      parameters: parameters.map((parameter) => Object.assign({ required: parameter.in === "path" }, parameter)),
    }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: refer(body.schema), examples: nameExamples(body.examples) } },
      },
    }),
    responses: { ...renderAnswer(route), ...renderErrors(route) },
  };
}

/** Every header that is more than HTTP's own: pages of other origins may read them, too. */
const headers = {
  "x-request-id": "Names the call in the Worker's log. One sent with the request is kept.",
  "server-timing":
    "Milliseconds to the first byte, the model's share and the Worker's: `upstream;dur=409, proxy;dur=3`.",
  "retry-after": "Seconds to wait.",
  "x-ratelimit-limit-requests": "Requests that the key may send in a minute, where it has such a limit.",
  "x-ratelimit-remaining-requests": "Requests that are left of this minute.",
  "x-ratelimit-reset-requests": "When the minute is over: `12s`.",
  "x-ratelimit-limit-tokens": "Tokens of the key's budget, the day's before the month's, where it has one.",
  "x-ratelimit-remaining-tokens": "Tokens that are left of it.",
  "x-ratelimit-reset-tokens": "When it renews: `5h3m7s`.",
  "cf-ai-req-id": "Cloudflare's id of the model's answer, for its support.",
  "x-fallback-model": "The model that answered, where it is not the one asked for: see `FALLBACK_MODELS`.",
  warning: 'In compat mode, what had no effect, in English: `299 - "…"`, comma separated.',
};

function referToHeaders(...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const requestLimits = ["limit", "remaining", "reset"].map((what) => `x-ratelimit-${what}-requests`);
const tokenLimits = ["limit", "remaining", "reset"].map((what) => `x-ratelimit-${what}-tokens`);

function renderAnswer({ answer, body, callsModel, open, needsAdmin, socket }: Route): Record<string, object> {
  if (socket !== undefined) return { 101: { description: socket, headers: referToHeaders("x-request-id") } };
  if (answer === undefined) return {};
  const { description, json, example, stream } = answer;
  return {
    200: {
      description,
      headers: {
        ...referToHeaders("x-request-id", "server-timing"),
        ...(open !== true && needsAdmin !== true && referToHeaders(...requestLimits)),
        ...(callsModel === true && referToHeaders("cf-ai-req-id", "x-fallback-model", ...tokenLimits)),
        ...(body?.schema === "CreateRequest" && referToHeaders("warning")),
      },
      content: {
        "application/json": { schema: refer(json), example },
        ...(stream !== undefined && {
          "text/event-stream": { schema: refer(stream.schema), examples: { stream: { value: stream.example } } },
        }),
      },
    },
  };
}

/** The errors of a route, a description for each status that lists its codes. */
function renderErrors({ codes = [], callsModel, open, needsAdmin }: Route): Record<string, object> {
  const all = new Set<string>([
    ...codes,
    ...(callsModel === true ? modelCodes : []),
    ...(needsAdmin === true ? adminCodes : open === true ? [] : keyCodes),
    ...commonCodes,
  ]);
  const byStatus = Map.groupBy(
    [...all].flatMap((code) => findCode(code).statuses.map((status) => ({ status, code }))),
    ({ status }) => status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, entries]) => [
      status,
      {
        description: [
          reasons[status] ?? "",
          "",
          ...entries.map(({ code }) => `- \`${code}\`: ${findCode(code).when}`),
        ].join("\n"),
        headers: referToHeaders("x-request-id", "server-timing", ...(status === 429 ? ["retry-after"] : [])),
        content: { "application/json": { schema: refer("Error") } },
      },
    ]),
  );
}

function findCode(code: string): ErrorCode {
  const found = errorCodes[code];
  if (found === undefined) throw new Error(`no such error code: ${code}`);
  return found;
}

function refer(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

function nameExamples(all: Readonly<Record<string, object>>) {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, { value }]));
}
