import type { Context, Next } from "hono";
import { type ApiKey, type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";

const encoder = new TextEncoder();

/** SHA-256 of each configured key, made once per isolate and configuration. */
const digests = new WeakMap<Config, Promise<readonly { name: string; digest: ArrayBuffer }[]>>();

/**
 * Names by keys that were valid before, so that a key is digested once per isolate. A Map finds a key by a seeded hash of
 * all of it, which says nothing of how much of a guess is right; it holds configured keys only.
 */
const verified = new WeakMap<Config, Map<string, string>>();

/**
 * Lets a request through when its bearer key is configured, and names the caller in `keyName`.
 * Throws 401 with the `WWW-Authenticate` challenge of RFC 6750 otherwise.
 */
export async function authenticate(context: Context<AppEnv>, next: Next): Promise<void> {
  const config = readConfig(context.env);
  context.set(
    "keyName",
    config.auth === "none" ? "anonymous" : await findKeyName(config, context.req.header("authorization")),
  );
  await next();
}

async function findKeyName(config: Config, authorization: string | undefined): Promise<string> {
  if (config.apiKeys.length === 0) {
    throw unauthorized({
      code: "api_keys_not_set",
      message:
        "This Worker has no API keys yet, so nobody can call it. Its operator sets them with `npx wrangler secret put API_KEYS` (name:key pairs, comma separated).",
    });
  }
  if (authorization === undefined) {
    throw unauthorized({
      code: "missing_api_key",
      message: "No API key given. Send it as `Authorization: Bearer <key>`.",
    });
  }
  const key = /^Bearer +([\u0021-\u007e]+) *$/i.exec(authorization)?.[1];
  const name = key === undefined ? undefined : await matchKey(config, key);
  if (name === undefined) {
    throw unauthorized({
      code: "invalid_api_key",
      message: "The API key is not valid. Send a key of this Worker as `Authorization: Bearer <key>`.",
      challenge: 'Bearer realm="responses-api", error="invalid_token"',
    });
  }
  return name;
}

/**
 * Digest first, then compare digests of equal length in constant time, and compare with every key:
 * neither a shared prefix, nor the length, nor the place in the list shows in the time it takes.
 */
async function matchKey(config: Config, presented: string): Promise<string | undefined> {
  const seen = verified.get(config)?.get(presented);
  if (seen !== undefined) return seen;
  const [digest, known] = await Promise.all([digestKey(presented), digestKeys(config)]);
  let match: string | undefined;
  for (const { name, digest: expected } of known) {
    if (crypto.subtle.timingSafeEqual(digest, expected)) match = name;
  }
  if (match !== undefined) {
    const keys = verified.get(config) ?? new Map<string, string>();
    verified.set(config, keys.set(presented, match));
  }
  return match;
}

function digestKeys(config: Config) {
  let known = digests.get(config);
  if (known === undefined) {
    known = Promise.all(config.apiKeys.map(digestNamedKey));
    digests.set(config, known);
  }
  return known;
}

async function digestNamedKey({ name, key }: ApiKey) {
  return { name, digest: await digestKey(key) };
}

function digestKey(key: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", encoder.encode(key));
}

function unauthorized({
  challenge = 'Bearer realm="responses-api"',
  ...fields
}: {
  code: string;
  message: string;
  challenge?: string;
}): ApiError {
  return new ApiError({
    status: 401,
    type: "authentication_error",
    headers: { "www-authenticate": challenge },
    ...fields,
  });
}
