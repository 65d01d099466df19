import { isObject, parseJson, readText } from "./json.ts";

export interface CallProblem {
  /** HTTP status; 0 when there was none. */
  status?: number;
  message: string;
  code?: string;
  param?: string;
  requestId?: string;
  /** Seconds, as text. */
  retryAfter?: string;
}

/** A call that the API refused, or that failed on its way. */
export class CallError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string;
  readonly requestId: string;
  readonly retryAfter: string;

  constructor({ status = 0, message, code = "", param = "", requestId = "", retryAfter = "" }: CallProblem) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** Turns an error answer into a `CallError`: the API's envelope, or whatever text stands there. */
export function readError({ status, headers }: Response, text: string): CallError {
  return errorFromBody(parseJson(text), {
    status,
    message: text.trim() === "" ? `The Worker answered with status ${status}.` : text.slice(0, 500),
    requestId: headers.get("x-request-id") ?? "",
    retryAfter: headers.get("retry-after") ?? "",
  });
}

/** Takes message, code and param from an error envelope, a Response's `error` or an `error` event, where they are there. */
export function errorFromBody(body: unknown, known: CallProblem): CallError {
  const outer = isObject(body) ? body : {};
  const error = isObject(outer["error"]) ? outer["error"] : outer;
  const message = readText(error["message"]);
  return new CallError({
    ...known,
    ...(message !== "" && { message }),
    code: readText(error["code"]) || (known.code ?? ""),
    param: readText(error["param"]) || (known.param ?? ""),
  });
}

/** Any thrown value as a `CallError`. */
export function toCallError(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError({ message: "The console could not read the answer." });
}
