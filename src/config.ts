import * as z from "zod/mini";
import { checkBudgets, readBudgets } from "./budget-settings.ts";
import { misconfigured } from "./errors.ts";
import { type HostedToolSettings, hostedToolSettings, readHostedTools } from "./hosted-tool-settings.ts";
import { countPriced, price, type PriceSettings, pricesHint, readPrices } from "./price-settings.ts";
import { commaSeparated, httpsUrl, text, webhookSecret, wholeNumber } from "./setting-values.ts";

/** One caller: `name` is what logs, limits and ownership use; the key itself never leaves this object. */
export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

/** What the id of a managed key looks like. No name in API_KEYS may: both own state and usage. */
export const keyIdPattern = /^key_[0-9a-f]{24}$/;

function readName(pair: string): string {
  return pair.slice(0, pair.indexOf(":"));
}

/** `name:key`; the name is kept to characters that are safe in a header, a log line and a metric. */
const keyPair = /^[A-Za-z0-9._-]{1,64}:[\u0021-\u002b\u002d-\u007e]{16,512}$/;

/** Sample keys in the docs and in `.dev.vars.example`, where everybody can read them: they open nothing. */
const sampleKeys: ReadonlySet<string> = new Set(["3f9c2e7a51b84d06", "replace-me-with-a-long-random-key"]);

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
          z.refine((pairs) => new Set(pairs).size === pairs.length, "must not have one entry twice"),
          z.refine(
            (pairs) => new Set(pairs.map((pair) => pair.slice(pair.indexOf(":")))).size === pairs.length,
            "must not give one key to two names",
          ),
          z.refine(
            (pairs) => !pairs.map(readName).includes("anonymous"),
            "must not have a key named anonymous: AUTH=none stores under that name",
          ),
          z.refine(
            (pairs) => !pairs.map(readName).some((name) => keyIdPattern.test(name)),
            "must not name a key like the id of a managed one",
          ),
        ),
    ),
  ),
  ADMIN_KEY: z.optional(z.string().check(z.regex(/^[\u0021-\u007e]{32,512}$/, "must be 32 to 512 visible characters"))),
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
  REASONING_KEY: z.optional(
    z.string().check(z.regex(/^[\u0021-\u007e]{32,512}$/, "must be 32 to 512 visible characters")),
  ),
  REASONING_STREAM: z.optional(z.pipe(text, z.enum(["summary", "text", "off"], "must be summary, text or off"))),
  PRICES: z.optional(
    commaSeparated(price, pricesHint).check(
      z.refine((entries) => countPriced(entries) === entries.length, "must not give two prices to one name"),
    ),
  ),
  DAILY_TOKEN_BUDGET: z.optional(
    commaSeparated(/^([\w.-]{1,64}=)?\d{1,15}$/, "tokens a day: a number for every key, name=number for one").check(
      z.refine((entries) => readBudgets(entries).size === entries.length, "must not give two budgets to one key"),
    ),
  ),
  ...hostedToolSettings,
  IMAGE_INPUT: z.optional(z.pipe(text, z.enum(["describe", "refuse"], "must be describe or refuse"))),
  VISION_MODEL: z.optional(z.pipe(text, z.string().check(z.regex(modelName, "must be the name of a model")))),
  WEBSOCKET: z.optional(z.pipe(text, z.enum(["on", "off"], "must be on or off"))),
  WEBSOCKET_BUFFER_BYTES: z.optional(wholeNumber(65_536, 100_000_000, "bytes")),
  LOG: z.optional(z.pipe(text, z.enum(["off", "requests", "usage"], "must be off, requests or usage"))),
  WEBHOOK_URL: z.optional(httpsUrl),
  WEBHOOK_SECRET: z.optional(webhookSecret),
});

/** Everything a deployment can set, checked. */
export interface Config extends PriceSettings {
  readonly apiKeys: readonly ApiKey[];
  /** Opens the routes of the admin, and no others. */
  readonly adminKey: string | undefined;
  readonly auth: "keys" | "none";
  /** Of `/v1`: the other base URLs say by themselves how Workers AI is called. */
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
  /** Seals `reasoning.encrypted_content` in compat mode. */
  readonly reasoningKey: string | undefined;
  /** What becomes of an image for a model that can't see, in compat mode. */
  readonly imageInput: "describe" | "refuse";
  /** Full name of the model that describes images; undefined for those that `toMarkdown` uses. */
  readonly visionModel: string | undefined;
  /** How reasoning is streamed where a request asks for no summary of it. */
  readonly reasoningStream: "summary" | "text" | "off";
  /** Whether Responses are served over WebSocket too. */
  readonly websocket: "on" | "off";
  /** Most bytes that are sent to a client of a WebSocket from one of its frames to the next: it may not be reading. */
  readonly websocketBufferBytes: number;
  /** `requests`: a line for each request. `usage`: with the tokens of its answer, which has to be read for them. */
  readonly log: "off" | "requests" | "usage";
  /** The tools that the Worker runs itself, in compat mode. */
  readonly hostedTools: HostedToolSettings;
  /** Tokens a day by the name of a key; `""` holds for every key that is not named. */
  readonly budgets: ReadonlyMap<string, number>;
  /** Where the ends of background responses are posted, and what signs them. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
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
  const apiKeys = (data.API_KEYS ?? [])
    .map((pair) => {
      const colon = pair.indexOf(":");
      return { name: pair.slice(0, colon), key: pair.slice(colon + 1) };
    })
    .filter(({ key }) => !sampleKeys.has(key));
  const auth = data.AUTH ?? "keys";
  const budgets = readBudgets(data.DAILY_TOKEN_BUDGET ?? []);
  checkBudgets(budgets, { env, names: auth === "none" ? ["anonymous"] : apiKeys.map(({ name }) => name) });
  if (apiKeys.some(({ key }) => key === data.ADMIN_KEY)) {
    throw misconfigured("ADMIN_KEY", "The setting ADMIN_KEY must not be a key of API_KEYS too.");
  }
  return {
    apiKeys,
    adminKey: data.ADMIN_KEY,
    auth,
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
    imageInput: data.IMAGE_INPUT ?? "describe",
    visionModel: data.VISION_MODEL,
    websocket: data.WEBSOCKET ?? "on",
    websocketBufferBytes: Number(data.WEBSOCKET_BUFFER_BYTES ?? 4_194_304),
    log: data.LOG ?? "requests",
    reasoningKey: data.REASONING_KEY,
    hostedTools: readHostedTools(data, (name, message) => misconfigured(name, `The setting ${name} ${message}.`)),
    reasoningStream: data.REASONING_STREAM ?? "summary",
    ...readPrices(data.PRICES ?? []),
    budgets,
    webhook: readWebhook(data),
  };
}

/** A webhook that can't be signed could be anybody's: one setting without the other is none. */
function readWebhook(data: z.infer<typeof settings>): Config["webhook"] {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = data;
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined) throw misconfigured("WEBHOOK_URL", "WEBHOOK_SECRET needs WEBHOOK_URL beside it.");
  if (secret === undefined) throw misconfigured("WEBHOOK_SECRET", "WEBHOOK_URL needs the secret WEBHOOK_SECRET.");
  return { url, secret };
}
