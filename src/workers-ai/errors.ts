import { ApiError, type ErrorType, misconfigured } from "../errors.ts";
import { isRecord } from "../protocol/json.ts";
import type { StreamError } from "../streams/read-sse.ts";

interface KnownFailure {
  status: number;
  code: string;
  message: string;
}

const dailyAllocationUsed: KnownFailure = {
  status: 429,
  code: "daily_allocation_used",
  message:
    "The free daily allocation of Workers AI is used up. It renews at 00:00 UTC; the operator can move to a paid plan.",
};

/**
 * The codes Workers AI documents, with their HTTP status (developers.cloudflare.com/workers-ai/platform/errors), and
 * four it was seen to use: 1001 and 8001 for invalid input, 8006 for a tool call cut short by `max_tokens`
 * (cloudflare/ai, workers-ai-provider changelog), and 4006 for the daily free allocation (public bug reports).
 */
export const knownFailures: Readonly<Record<number, KnownFailure>> = {
  1001: { status: 400, code: "upstream_invalid_input", message: "Workers AI refused the input." },
  3003: { status: 400, code: "upstream_incomplete_request", message: "Workers AI says the request is incomplete." },
  3006: { status: 413, code: "upstream_request_too_large", message: "The request is too large for Workers AI." },
  3007: { status: 408, code: "upstream_timeout", message: "Workers AI timed out. Try again." },
  3008: { status: 408, code: "upstream_aborted", message: "Workers AI aborted the request. Try again." },
  3023: {
    status: 403,
    code: "upstream_account_blocked",
    message: "This Worker's Cloudflare account may not use the model. Its operator has to ask Cloudflare.",
  },
  3036: dailyAllocationUsed,
  3039: { status: 400, code: "upstream_finetune_incomplete", message: "The fine-tune lacks required files." },
  3040: { status: 429, code: "out_of_capacity", message: "Workers AI has no capacity left for now. Try again soon." },
  3041: {
    status: 403,
    code: "upstream_account_not_allowed",
    message: "This Worker's Cloudflare account is not allowed to use the model.",
  },
  3042: { status: 404, code: "upstream_model_not_found", message: "Workers AI does not know the model." },
  3043: { status: 504, code: "upstream_server_timeout", message: "Workers AI's own server timed out. Try again." },
  4006: dailyAllocationUsed,
  5004: { status: 400, code: "upstream_invalid_data", message: "Workers AI could not read the data in the request." },
  5005: { status: 405, code: "upstream_lora_unsupported", message: "The model does not take LoRA adapters." },
  5006: { status: 400, code: "upstream_schema_mismatch", message: "The request does not fit the model's schema." },
  5007: { status: 400, code: "upstream_no_such_model", message: "Workers AI has no such model or task." },
  5016: {
    status: 403,
    code: "upstream_agreement_required",
    message: "The operator has to accept the model's licence at Cloudflare first.",
  },
  5018: { status: 403, code: "upstream_private_model", message: "The model is private to another account." },
  5019: { status: 405, code: "upstream_deprecated_sdk", message: "Workers AI no longer accepts this kind of call." },
  8001: { status: 400, code: "upstream_invalid_input", message: "Workers AI refused the input." },
  8006: {
    status: 400,
    code: "upstream_output_too_short",
    message: "The tool call did not fit in `max_output_tokens`. Allow more.",
  },
};

/** What is said of a status when upstream gives no code we know. */
function unknownFailure(status: number): KnownFailure {
  if (status === 429) return { status, code: "upstream_rate_limited", message: "Workers AI is busy. Try again soon." };
  if (status === 408 || status === 504) {
    return { status, code: "upstream_timeout", message: "Workers AI timed out. Try again." };
  }
  // 401 would tell the client that its own key is wrong; the failed credentials are this Worker's.
  if (status === 401) return { status: 502, code: "upstream_unauthorized", message: "Workers AI refused this Worker." };
  if (status >= 400 && status < 500) {
    return { status, code: "upstream_rejected", message: "Workers AI rejected the request." };
  }
  return {
    status: status === 500 || status === 503 ? status : 502,
    code: "upstream_error",
    message: "Workers AI failed to answer. Try again.",
  };
}

/** What OpenAI says of it: Codex and others compact the conversation when they see the code. */
const contextExceeded: KnownFailure = {
  status: 400,
  code: "context_length_exceeded",
  message:
    "The input and the answer asked for do not fit in the model's context. Shorten the input, or ask for less in `max_output_tokens`.",
};

/**
 * Workers AI has several numbers for it (3010, 5021, 5006 and none) and three ways to say it, with 400 or 413: "The
 * estimated number of input and maximum output tokens (…) exceeded this model context window limit (…)", "This model's
 * maximum context length is … tokens" and "Requested token count exceeds the model's maximum context length"
 * (public bug reports, cloudflare/cloudflare-docs issue 29731, anomalyco/models.dev pull 4422).
 */
function exceedsContext(status: number, body: string): boolean {
  const isUpstreams = status < 500 || /^(?:\w*Error: )?\d{4}: /.test(body);
  return isUpstreams && /context window limit|maximum context length/.test(body);
}

/**
 * Turns one upstream failure into the error a client sees.
 * Pure: reads the body it is given, never the network.
 *
 * Upstream speaks three dialects, tried in this order:
 *   {"internalCode":3040,"description":"…"}          the binding's own
 *   {"errors":[{"code":3040,"message":"…"}],…}       the REST envelope
 *   3040: Capacity temporarily exceeded              a thrown error's text, or anything else: only a leading code is
 *                                                    read, since the rest may be a proxy's page
 *
 * `retryAfter` is upstream's own header, kept when it is one.
 */
export function mapError({
  status,
  body,
  retryAfter,
  now = Date.now(),
}: {
  status: number;
  body: string;
  retryAfter?: string | null;
  now?: number;
}): ApiError {
  const { code, description } = readDialect(body);
  const failure = exceedsContext(status, body)
    ? contextExceeded
    : ((code === undefined ? undefined : knownFailures[code]) ?? unknownFailure(status));
  return new ApiError({
    status: failure.status,
    type: typeOf(failure.status),
    code: failure.code,
    message: failure.status === 400 ? appendDescription(failure.message, description) : failure.message,
    headers: headersOf(failure, retryAfter, now),
  });
}

function readDialect(body: string): { code?: number | undefined; description?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { code: Number(/^(?:\w*Error: )?(\d{4}): /.exec(body)?.[1]) };
  }
  if (!isRecord(value)) return {};
  const { internalCode, description, errors } = value;
  if (typeof internalCode === "number") return { code: internalCode, description };
  const error: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (isRecord(error) && typeof error["code"] === "number") {
    return { code: error["code"], description: error["message"] };
  }
  return {};
}

/**
 * Schema errors name the field that is wrong, which is what a developer needs. Only the validator's own vocabulary is
 * let through (`required properties at '/' are 'input'`): any other text may hold something from inside.
 */
function appendDescription(message: string, description: unknown): string {
  if (typeof description !== "string") return message;
  const findings = description.match(
    /(?:required properties at '[\w/*]{0,80}' are '[\w', ]{1,120}'|Type mismatch of '[\w/*]{0,80}', '\w{1,20}' not in '[\w', ]{1,80}')/g,
  );
  return findings === null ? message : `${message} It says: ${findings.slice(0, 3).join("; ")}.`;
}

/** The envelope's `type` for an HTTP status. */
function typeOf(status: number): ErrorType {
  if (status === 429) return "rate_limit_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

/** Seconds to wait when upstream names none: capacity comes back within seconds. */
const capacityRetrySeconds = 5;

function headersOf({ status, code }: KnownFailure, retryAfter: string | null | undefined, now: number) {
  if (status === 405) return { allow: "POST" };
  if (status !== 429) return {};
  return { "retry-after": readRetryAfter(retryAfter) ?? String(defaultRetrySeconds(code, now)) };
}

/** Either form a sender may use by RFC 9110 section 10.2.3: seconds, or the date of section 5.6.7 as `toUTCString` writes it. */
function readRetryAfter(value: string | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return /^\d{1,9}$/.test(value) || new Date(value).toUTCString() === value ? value : undefined;
}

function defaultRetrySeconds(code: string, now: number): number {
  if (code !== "daily_allocation_used") return capacityRetrySeconds;
  const midnight = new Date(now).setUTCHours(24, 0, 0, 0);
  return Math.ceil((midnight - now) / 1_000);
}

/** 502: upstream said 200 and sent something that is no answer. `what` says what is wrong with it. */
export function invalidAnswer(what: string): ApiError {
  return new ApiError({
    status: 502,
    type: "server_error",
    code: "upstream_invalid_response",
    message: `The model's answer is not valid: ${what}. Try again.`,
  });
}

/** 504: upstream took longer than `UPSTREAM_TIMEOUT_MS`. */
export function upstreamTimeout(): ApiError {
  return new ApiError({
    status: 504,
    type: "server_error",
    code: "upstream_timeout",
    message: "Workers AI did not answer in time. Try again.",
  });
}

/**
 * The error of a Response whose answer ended before its end. The code has no "invalid" in it: the AI SDK takes such a
 * code for the caller's fault (`getStatusCode` in @ai-sdk/openai 4) and would not try again.
 */
export const streamBroken = {
  code: "upstream_stream_broken",
  message: "The model's answer broke off. Send the request again.",
} as const;

/** 500: nothing that runs models is bound. */
export function missingBinding(): ApiError {
  return misconfigured("AI", 'The binding AI is missing. Add `[ai]` with `binding = "AI"` to wrangler.toml.');
}

/** `streamBroken` as an error: 502. */
export function brokenAnswer(cause?: unknown): ApiError {
  return new ApiError({ status: 502, type: "server_error", ...streamBroken, cause });
}

/** Why an event stream could not be read, as the error a client sees. */
export function mapStreamError({ failure }: StreamError): ApiError {
  switch (failure) {
    case "silent":
      return upstreamTimeout();
    case "broken":
      return brokenAnswer();
    case "too_long":
      return invalidAnswer("a chunk is too long");
    default:
      return failure satisfies never;
  }
}
