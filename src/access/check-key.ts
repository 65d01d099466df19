import type { Bindings } from "../bindings.ts";
import { type Caller, noLimits } from "../call.ts";
import { type ApiKey, type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import { checkTries, countTry } from "./count-tries.ts";
import { digestKey, managedKeyPattern, renderDigest } from "./hash-key.ts";
import type { ManagedKeyRecord } from "./key-rpc.ts";
import { leaseKey } from "./lease-key.ts";

/** What a client presents. */
export interface Credentials {
  /** The header `Authorization`. */
  authorization: string | undefined;
  /** The client's address, as Cloudflare gives it; undefined where nobody does. */
  address: string | undefined;
}

/** SHA-256 of each configured key, made once per isolate and configuration. */
const digests = new WeakMap<Config, Promise<readonly { name: string; digest: ArrayBuffer }[]>>();

/**
 * Names by keys of API_KEYS that were valid before, so that one is digested once per isolate. A Map finds a key by a seeded
 * hash of all of it, which says nothing of how much of a guess is right; it holds configured keys only.
 */
const verified = new WeakMap<Config, Map<string, string>>();

/**
 * Finds out whose key a client presents: one of API_KEYS, or a managed one.
 * Throws 401 with the `WWW-Authenticate` challenge of RFC 6750 for any other, 429 when its address has tried too many.
 */
export async function checkKey(bindings: Bindings, { authorization, address }: Credentials): Promise<Caller> {
  const config = readConfig(bindings);
  if (config.auth === "none") return callerOf("anonymous", config);
  if (config.apiKeys.length === 0 && !hasManagedKeys(bindings)) throw keysNotSet();
  const caller = await matchCredentials({ authorization, address }, async (key) => {
    const seen = verified.get(config)?.get(key);
    if (seen !== undefined) return callerOf(seen, config);
    const digest = await digestKey(key);
    const name = await matchKey(config, digest);
    if (name !== undefined) {
      verified.set(config, (verified.get(config) ?? new Map<string, string>()).set(key, name));
      return callerOf(name, config);
    }
    const managed = await findManagedKey(bindings, { key, digest });
    return managed === undefined ? undefined : managedCaller(managed, config);
  });
  return caller;
}

/**
 * Throws unless the admin key is presented. There is no other way in: not a key of API_KEYS, not a managed one, and not
 * AUTH=none.
 */
export async function checkAdminKey(bindings: Bindings, credentials: Credentials): Promise<void> {
  const { adminKey } = readConfig(bindings);
  if (adminKey === undefined) {
    throw unauthorized({
      code: "admin_key_not_set",
      message:
        "This Worker has no admin key, so nobody can manage it. Its operator sets one with `npx wrangler secret put ADMIN_KEY`.",
    });
  }
  await matchCredentials(credentials, async (key) => {
    const [presented, expected] = await Promise.all([digestKey(key), digestKey(adminKey)]);
    return crypto.subtle.timingSafeEqual(presented, expected) ? true : undefined;
  });
}

/** Whether there can be managed keys: somebody who makes them, and somewhere to keep them. */
export function hasManagedKeys(bindings: Bindings): boolean {
  const { KEYS, KEY_DIRECTORY } = bindings;
  return readConfig(bindings).adminKey !== undefined && KEYS !== undefined && KEY_DIRECTORY !== undefined;
}

/** The only way a key gets in, and the only place that says no. */
async function matchCredentials<Match>(
  { authorization, address }: Credentials,
  match: (key: string) => Promise<Match | undefined>,
): Promise<Match> {
  if (authorization === undefined) {
    throw unauthorized({
      code: "missing_api_key",
      message: "No API key given. Send it as `Authorization: Bearer <key>`.",
    });
  }
  checkTries(address);
  const key = /^Bearer +([\u0021-\u007e]+) *$/i.exec(authorization)?.[1];
  const matched = key === undefined ? undefined : await match(key);
  if (matched === undefined) {
    countTry(address);
    throw unauthorized({
      code: "invalid_api_key",
      message: "The API key is not valid. Send a key of this Worker as `Authorization: Bearer <key>`.",
      challenge: 'Bearer realm="responses-api", error="invalid_token"',
    });
  }
  return matched;
}

async function findManagedKey(
  bindings: Bindings,
  { key, digest }: { key: string; digest: ArrayBuffer },
): Promise<ManagedKeyRecord | undefined> {
  const { KEYS } = bindings;
  // A key of another form can't be a managed one: to ask would wake an object for nothing.
  if (KEYS === undefined || !hasManagedKeys(bindings) || !managedKeyPattern.test(key)) return undefined;
  return leaseKey(KEYS, renderDigest(digest));
}

/** The caller of a key in API_KEYS, or of `AUTH=none`. */
export function callerOf(name: string, { budgets }: Config): Caller {
  const tokens = budgets.get(name) ?? budgets.get("") ?? null;
  return { owner: name, name, models: null, limits: { ...noLimits, daily_tokens: tokens } };
}

/** A managed key without a daily budget of its own has the one that DAILY_TOKEN_BUDGET gives to every key. */
function managedCaller({ id, name, models, limits }: ManagedKeyRecord, { budgets }: Config): Caller {
  const tokens = limits.daily_tokens ?? budgets.get("") ?? null;
  return { owner: id, name, models, limits: { ...limits, daily_tokens: tokens } };
}

/**
 * Compares digests of equal length in constant time, and with every key: neither a shared prefix, nor the length, nor the
 * place in the list shows in the time it takes.
 */
async function matchKey(config: Config, digest: ArrayBuffer): Promise<string | undefined> {
  let match: string | undefined;
  for (const { name, digest: expected } of await digestKeys(config)) {
    if (crypto.subtle.timingSafeEqual(digest, expected)) match = name;
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

function keysNotSet(): ApiError {
  return unauthorized({
    code: "api_keys_not_set",
    message:
      "This Worker has no API keys yet, so nobody can call it. Its operator sets them with `npx wrangler secret put API_KEYS` (name:key pairs, comma separated).",
  });
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
