import type { OwnCode } from "./errors.ts";
import type { SchemaName } from "./schemas.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
  readonly schema: object;
}

/** A route of the API. What all of them have in common is added where the document is built. */
export interface Route {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly operationId: string;
  readonly tag: "Responses" | "Conversations" | "Models" | "Operations" | "Administration";
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
  /** Of a route that opens a WebSocket: what the connection is. */
  readonly socket?: string;
  /** Its own error codes, beside those every route has. */
  readonly codes?: readonly OwnCode[];
  /** Calls the model, and may fail as it does. */
  readonly callsModel?: true;
  /** Needs no key. */
  readonly open?: true;
  /** Needs the admin key, and takes no other. */
  readonly needsAdmin?: true;
  /** Stands at this path alone, not under the base URLs. */
  readonly hasNoBase?: true;
  /** The same under Cloudflare's own REST paths, for code written for them. */
  readonly alsoAtRestPaths?: true;
}

/** Which page of a list. */
export const pageParameters: readonly Parameter[] = [
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
];

/** What a body can be refused for. */
export const bodyCodes = [
  "invalid_json",
  "nesting_too_deep",
  "too_many_values",
  "too_many_large_requests",
  "unreadable_body",
  "missing_required_parameter",
  "invalid_type",
  "invalid_value",
  "request_too_large",
  "unsupported_media_type",
  "unsupported_content_encoding",
] as const satisfies OwnCode[];
