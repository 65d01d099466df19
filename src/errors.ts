export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly param: string;
  readonly headers: Record<string, string>;

  constructor(details: {
    status: number;
    type: string;
    code: string;
    message: string;
    param?: string;
    headers?: Record<string, string>;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.status = details.status;
    this.type = details.type;
    this.code = details.code;
    this.param = details.param ?? "";
    this.headers = details.headers ?? {};
  }
}
