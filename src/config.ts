import * as z from "zod/mini";
import { ApiError } from "./errors.ts";
import type { ObjectNamespace, ResponseRpc } from "./store/response-rpc.ts";

/** What the runtime binds. Only `AI` must be there: an absent optional binding turns its feature off. */
export interface Bindings {
  AI?: unknown;
  /** The files of `public/`. */
  ASSETS?: Pick<Fetcher, "fetch">;
  RATE_LIMITER?: RateLimit;
  /** Objects of stored responses, by response id. */
  RESPONSES?: ObjectNamespace<ResponseRpc>;
}

/** One caller: `name` is what logs, limits and ownership use; the key itself never leaves this object. */
export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

/** A `[vars]` entry may be a TOML string or number. */
const text = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((value) => String(value).trim()),
);

/** A whole number of `unit` between `low` and `high`, both included. */
function wholeNumber(low: number, high: number, unit: string) {
  return z.pipe(
    text,
    z
      .string()
      .check(
        z.refine(
          (value) => /^\d{1,15}$/.test(value) && Number(value) >= low && Number(value) <= high,
          `must be a whole number of ${unit} from ${low} to ${high}`,
        ),
      ),
  );
}

function commaSeparated(pattern: RegExp, what: string) {
  return z.pipe(
    z.pipe(
      text,
      z.transform((value) => value.split(",").map((part) => part.trim())),
    ),
    z.array(z.string().check(z.regex(pattern, `must be a comma separated list of ${what}`))),
  );
}

/** `name:key`; the name is kept to characters that are safe in a header, a log line and a metric. */
const keyPair = /^[A-Za-z0-9._-]{1,64}:[\u0021-\u002b\u002d-\u007e]{16,512}$/;

const modelName = /^[\w@][\w@./:-]{0,127}$/;

const settings = z.object({
  API_KEYS: z.optional(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((value) =>
          value
            .split(",")
            .map((part) => part.trim())
            .filter((part) => part !== ""),
        ),
      ),
      z
        .array(
          z
            .string()
            .check(
              z.regex(keyPair, "must be comma separated name:key pairs, each key of 16 to 512 visible characters"),
            ),
        )
        .check(
          z.refine(
            (pairs) => new Set(pairs.map((pair) => pair.slice(pair.indexOf(":")))).size === pairs.length,
            "must not give one key to two names",
          ),
        ),
    ),
  ),
  AUTH: z.optional(z.pipe(text, z.enum(["keys", "none"], "must be keys or none"))),
  MODE: z.optional(z.pipe(text, z.enum(["native", "compat"], "must be native or compat"))),
  MODELS: z.optional(commaSeparated(modelName, "model names")),
  MAX_BODY_BYTES: z.optional(wholeNumber(1, 100_000_000, "bytes")),
  UPSTREAM_TIMEOUT_MS: z.optional(wholeNumber(1, 2_147_483_647, "milliseconds")),
  ALLOWED_ORIGINS: z.optional(
    commaSeparated(/^(\*|[a-z][a-z0-9+.-]*:\/\/[^/\s,]+)$/, "origins such as https://example.com, or *"),
  ),
  RETENTION_DAYS: z.optional(wholeNumber(1, 3_650, "days")),
  AI_GATEWAY_ID: z.optional(
    z.pipe(text, z.string().check(z.regex(/^[\w-]{1,64}$/, "must be the id of an AI Gateway"))),
  ),
  FALLBACK_MODELS: z.optional(commaSeparated(modelName, "model names")),
  UPSTREAM_RETRIES: z.optional(wholeNumber(0, 5, "retries")),
  CONSOLE: z.optional(z.pipe(text, z.enum(["on", "off"], "must be on or off"))),
  LOG: z.optional(z.pipe(text, z.enum(["off", "requests"], "must be off or requests"))),
  REASONING_KEY: z.optional(
    z.string().check(z.regex(/^[\u0021-\u007e]{32,512}$/, "must be 32 to 512 visible characters")),
  ),
});

/** Everything a deployment can set, checked. */
export interface Config {
  readonly apiKeys: readonly ApiKey[];
  readonly auth: "keys" | "none";
  readonly mode: "native" | "compat";
  /** Full Workers AI names; the first is the default. Never empty. */
  readonly models: readonly [string, ...string[]];
  readonly maxBodyBytes: number;
  /** Milliseconds to the first upstream byte. */
  readonly upstreamTimeoutMs: number;
  readonly allowedOrigins: readonly string[];
  /** Days until a stored response is erased. */
  readonly retentionDays: number;
  readonly gatewayId: string | undefined;
  /** Full Workers AI names, tried in order when a model has no capacity. */
  readonly fallbackModels: readonly string[];
  /** How many calls of the model that failed for a passing reason are made again. */
  readonly upstreamRetries: number;
  /** Whether the pages are served: the console at `/` and the API reference. */
  readonly console: "on" | "off";
  /** `requests`: a line for each request. */
  readonly log: "off" | "requests";
  /** Seals `reasoning.encrypted_content` in compat mode. */
  readonly reasoningKey: string | undefined;
}

const configs = new WeakMap<object, Config>();

/**
 * Turns the environment into a `Config`, once per isolate.
 * Throws a 500 `ApiError` that names the wrong setting, never its value: it may be a secret.
 */
export function readConfig(env: object): Config {
  let config = configs.get(env);
  if (config === undefined) {
    config = checkSettings(env);
    configs.set(env, config);
  }
  return config;
}

/** The `Config`, or undefined when a setting is wrong: for what goes with the answer that says so. */
export function readValidConfig(env: object): Config | undefined {
  try {
    return readConfig(env);
  } catch {
    return undefined;
  }
}

function checkSettings(env: object): Config {
  const checked = settings.safeParse(env);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const name = String(issue?.path[0] ?? "");
    throw misconfigured(name, `The setting ${name} ${issue?.message ?? "is wrong"}.`);
  }
  const { data } = checked;
  const [model = "@cf/openai/gpt-oss-20b", ...models] = data.MODELS ?? [];
  return {
    apiKeys: (data.API_KEYS ?? []).map((pair) => {
      const colon = pair.indexOf(":");
      return { name: pair.slice(0, colon), key: pair.slice(colon + 1) };
    }),
    auth: data.AUTH ?? "keys",
    mode: data.MODE ?? "native",
    models: [model, ...models],
    maxBodyBytes: Number(data.MAX_BODY_BYTES ?? 16_777_216),
    upstreamTimeoutMs: Number(data.UPSTREAM_TIMEOUT_MS ?? 300_000),
    allowedOrigins: data.ALLOWED_ORIGINS ?? ["*"],
    retentionDays: Number(data.RETENTION_DAYS ?? 30),
    gatewayId: data.AI_GATEWAY_ID,
    fallbackModels: data.FALLBACK_MODELS ?? [],
    upstreamRetries: Number(data.UPSTREAM_RETRIES ?? 0),
    console: data.CONSOLE ?? "on",
    log: data.LOG ?? "requests",
    reasoningKey: data.REASONING_KEY,
  };
}

/** A setting or binding that the operator has to mend: every request is answered with it. */
export function misconfigured(name: string, message: string): ApiError {
  return new ApiError({ status: 500, type: "server_error", code: "misconfigured", param: name, message });
}
