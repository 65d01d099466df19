/** What went wrong: stable words for programs. */
export type WebFailureReason =
  /** The URL, or one it redirects to, may not be fetched. */
  | "refused"
  /** No connection, or it broke. */
  | "unreachable"
  /** A status other than success. */
  | "status"
  | "redirects"
  | "type"
  /** The call has made as many requests as it may. */
  | "limit"
  | "too_large"
  | "timeout";

/** A page that could not be had. The message is for a person and for a model: it holds nothing that the server wrote. */
export class WebFailure extends Error {
  readonly reason: WebFailureReason;

  constructor(reason: WebFailureReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "WebFailure";
    this.reason = reason;
  }
}
