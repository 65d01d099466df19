import { type ErrorCode, errorCodes, modelCodes } from "./errors.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { renderSchemas } from "./schemas.ts";

/** What every call may be answered with; with a key, also what the key is checked for. */
const commonCodes = ["misconfigured", "internal_error"];
const keyCodes = ["api_keys_not_set", "missing_api_key", "invalid_api_key", "rate_limit_exceeded"];

const reasons: Readonly<Record<number, string>> = {
  400: "The request is wrong.",
  401: "The key is missing or wrong.",
  403: "Workers AI does not let this account use the model.",
  404: "There is no such thing.",
  405: "Wrong method.",
  408: "Workers AI timed out.",
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
    paths[route.path] ??=
      route.open === true ? {} : { servers: route.alsoAtRestPaths === true ? [...bases, ...restBases] : bases };
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
      { name: "Responses", description: "Ask the model, and come back to what it said." },
      { name: "Conversations", description: "What is said in one is there for its next turn." },
      { name: "Models", description: "What can be asked." },
      { name: "Operations", description: "How the Worker does." },
    ],
    paths,
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key of `API_KEYS`. Not needed with `AUTH=none`." },
      },
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
      ),
      schemas: renderSchemas(),
    },
  };
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
  const { operationId, tag, summary, description, parameters, body, open } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(open === true && { security: [] }),
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
  "cf-ai-req-id": "Cloudflare's id of the model's answer, for its support.",
  "x-fallback-model": "The model that answered, where it is not the one asked for: see `FALLBACK_MODELS`.",
  warning: 'In compat mode, what had no effect, in English: `299 - "…"`, comma separated.',
};

function referToHeaders(...names: (keyof typeof headers)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function renderAnswer({ answer, body, callsModel }: Route): Record<string, object> {
  if (answer === undefined) return {};
  const { description, json, example, stream } = answer;
  return {
    200: {
      description,
      headers: {
        ...referToHeaders("x-request-id", "server-timing"),
        ...(callsModel === true && referToHeaders("cf-ai-req-id", "x-fallback-model")),
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
function renderErrors({ codes = [], callsModel, open }: Route): Record<string, object> {
  const all = new Set<string>([
    ...codes,
    ...(callsModel === true ? modelCodes : []),
    ...(open === true ? [] : keyCodes),
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
        headers: referToHeaders("x-request-id", "server-timing", ...(status === 429 ? (["retry-after"] as const) : [])),
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
