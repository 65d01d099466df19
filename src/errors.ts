/** The `type` values of the envelope, as OpenAI's SDKs know them. */
export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "rate_limit_error"
  | "server_error";

interface ApiErrorFields {
  /** HTTP status, 400 to 599. */
  status: number;
  type: ErrorType;
  /** Stable and lower_snake_case: programs may compare it. */
  code: string;
  /** One or two sentences for a person, saying what to do. Shown to the client as it is. */
  message: string;
  /** Path of the offending field, such as `input[2].content`; `""` when there is none. */
  param?: string;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A failure that a client may see. Thrown anywhere, rendered in one place: `renderError`. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly code: string;
  readonly param: string;
  readonly headers: Record<string, string>;

  constructor({ status, type, code, message, param = "", headers = {}, cause }: ApiErrorFields) {
    super(message, { cause });
    this.name = "ApiError";
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
    this.headers = headers;
  }

  /**
   * The body every failed call gets. All four fields are strings, never null:
   * `@ai-sdk/open-responses` drops the message of an envelope that has a null in it.
   */
  toEnvelope(): { error: { message: string; type: ErrorType; param: string; code: string } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** Bad input: 400 `invalid_request_error` unless `status` says otherwise. */
export function invalidRequest(fields: {
  code: string;
  message: string;
  param?: string;
  status?: number;
  headers?: Record<string, string>;
}): ApiError {
  return new ApiError({ status: 400, type: "invalid_request_error", ...fields });
}

/** A setting or binding that the operator has to mend: every request is answered with it. */
export function misconfigured(name: string, message: string): ApiError {
  return new ApiError({ status: 500, type: "server_error", code: "misconfigured", param: name, message });
}

/** 499, as nginx has it: nobody reads it but the log. */
export function clientLeft(): ApiError {
  return invalidRequest({
    status: 499,
    code: "client_closed_request",
    message: "The client closed the connection before the answer.",
  });
}

/** 500: a mistake of the Worker's own, of which a client learns nothing else. */
export function internalError(): ApiError {
  return new ApiError({
    status: 500,
    type: "server_error",
    code: "internal_error",
    message: "Something went wrong inside the Worker. Its log names this request by the x-request-id.",
  });
}

/** A request body that broke off or came malformed while it was read: 400, or 499 when it is the client that left. */
export function unreadableBody(clientSignal: AbortSignal): ApiError {
  if (clientSignal.aborted) return clientLeft();
  return invalidRequest({
    code: "unreadable_body",
    message: "The request body broke off, or is not what its transfer encoding says. Send it again.",
  });
}

/** The only renderer of the error envelope. */
export function renderError(error: ApiError): Response {
  return Response.json(error.toEnvelope(), {
    status: error.status,
    headers: { "cache-control": "no-store", ...error.headers },
  });
}
