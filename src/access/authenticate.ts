import type { Context, Next } from "hono";
import type { AppEnv } from "../app-env.ts";
import { type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";

const encoder = new TextEncoder();

/** Longest key that can be configured, in bytes; a longer one is no key. */
const longestKey = 512;

/** Each configured key filled up with zeros to `longestKey`, made once per isolate and configuration. */
const filledKeys = new WeakMap<Config, readonly { name: string; filled: Uint8Array }[]>();

/**
 * Lets a request through when its bearer key is configured, and names the caller in `keyName`.
 * Throws 401 with the `WWW-Authenticate` challenge of RFC 6750 otherwise.
 */
export async function authenticate(context: Context<AppEnv>, next: Next): Promise<void> {
  const config = readConfig(context.env);
  context.set(
    "keyName",
    config.auth === "none" ? "anonymous" : findKeyName(config, context.req.header("authorization")),
  );
  await next();
}

function findKeyName(config: Config, authorization: string | undefined): string {
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
  const name = key === undefined ? undefined : matchKey(config, key);
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
 * Compares bytes of one length, whatever the keys' lengths, in constant time, and with every key: neither a shared
 * prefix, nor the length, nor the place in the list shows in the time it takes. Filling up does that as well as a
 * digest would, and without waiting: a digest is a promise, and was a tenth of all that a small request costs here.
 */
function matchKey(config: Config, presented: string): string | undefined {
  if (presented.length > longestKey) return undefined;
  const filled = fillKey(presented);
  let match: string | undefined;
  for (const known of fillKeys(config)) {
    if (crypto.subtle.timingSafeEqual(filled, known.filled)) match = known.name;
  }
  return match;
}

function fillKeys(config: Config): readonly { name: string; filled: Uint8Array }[] {
  let known = filledKeys.get(config);
  if (known === undefined) {
    known = config.apiKeys.map(({ name, key }) => ({ name, filled: fillKey(key) }));
    filledKeys.set(config, known);
  }
  return known;
}

/** No key holds a zero byte, so no two keys are the same when filled up. */
function fillKey(key: string): Uint8Array {
  const filled = new Uint8Array(longestKey);
  encoder.encodeInto(key, filled);
  return filled;
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
