import type { Context } from "hono";
import { createKey, createKeyId, digestKey, renderDigest } from "../access/hash-key.ts";
import type { KeySettings, ListedKey } from "../access/key-rpc.ts";
import { endLease } from "../access/lease-key.ts";
import { readConfig } from "../config.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readJsonBody } from "../http/read-body.ts";
import { findCounter, toDate } from "../metering/spend-allowance.ts";
import type { Used } from "../metering/usage-totals.ts";
import * as admin from "./describe-key.ts";
import { findDirectory, findKeys } from "./find-directory.ts";
import { nameTaken, readKeyChange, readNewKey } from "./key-body.ts";
import { writeAudit } from "./write-audit.ts";

/** `POST /admin/keys`: makes a key. Its secret is in this answer and in no other. */
export async function createManagedKey(context: Context<AppEnv>): Promise<Response> {
  const settings = readNewKey(await readJsonBody(context), readConfig(context.env));
  checkLimits(context, settings);
  const { secret, hash } = await makeSecret();
  const key: ListedKey = { id: createKeyId(), createdAt: Math.floor(Date.now() / 1_000), ...settings };
  const object = findKeys(context.env).getByName(hash);
  // The object first: nobody knows the secret yet, and a key on the list is one that works.
  await object.create({ id: key.id, ...settings });
  if (!(await findDirectory(context.env).add(key, hash))) {
    await object.revoke();
    throw nameTaken();
  }
  writeAudit(context, { action: "key_created", keyId: key.id, name: key.name, fields: listFields(settings) });
  return showSecret(context, { key, secret });
}

/** `GET /admin/keys`: all keys, in the order they were made, with what each has used. */
export async function listManagedKeys(context: Context<AppEnv>): Promise<Response> {
  const { limit, after } = readPage(context);
  const directory = findDirectory(context.env);
  if (after !== undefined && (await directory.find(after)) === undefined) throw notFound();
  const [keys, used] = await Promise.all([directory.list({ limit: limit + 1, after }), readUsedByOwner(context)]);
  const data = keys.slice(0, limit).map((key) => describeKey(key, used.get(key.id)));
  return context.json({
    object: "list",
    data,
    first_id: data[0]?.id ?? "",
    last_id: data.at(-1)?.id ?? "",
    has_more: keys.length > limit,
  });
}

/** `GET /admin/keys/:id`. */
export async function retrieveManagedKey(context: Context<AppEnv>): Promise<Response> {
  const { key } = await findKey(context);
  return context.json(describeKey(key, (await readUsedByOwner(context)).get(key.id)));
}

/** `PATCH /admin/keys/:id`: what it names is changed, everywhere within thirty seconds. */
export async function changeManagedKey(context: Context<AppEnv>): Promise<Response> {
  const body = await readJsonBody(context);
  const { key } = await findKey(context);
  const settings = readKeyChange(body, { key, config: readConfig(context.env) });
  checkLimits(context, settings);
  if (!(await findDirectory(context.env).change({ id: key.id, ...settings }))) throw nameTaken();
  const changed = await handOn(context);
  writeAudit(context, { action: "key_changed", keyId: key.id, name: changed.name, fields: Object.keys(body) });
  return context.json(describeKey(changed, (await readUsedByOwner(context)).get(key.id)));
}

/** `DELETE /admin/keys/:id`: revokes a key. What it used stays counted, and what it stored stays its own. */
export async function revokeManagedKey(context: Context<AppEnv>): Promise<Response> {
  let found: { key: ListedKey; hash: string };
  do {
    found = await findKey(context);
    // The object first: should the rest fail, the key is listed and does not work, and can be revoked again.
    await endKey(context, found.hash);
    // Not listed under that hash any more: it was rotated meanwhile.
  } while (!(await findDirectory(context.env).remove(found.key.id, found.hash)));
  writeAudit(context, { action: "key_revoked", keyId: found.key.id, name: found.key.name });
  return context.json({ object: "admin.key.deleted", id: found.key.id, deleted: true });
}

/** `POST /admin/keys/:id/rotate`: gives a key a new secret. The old one ends within thirty seconds. */
export async function rotateManagedKey(context: Context<AppEnv>): Promise<Response> {
  const { key, hash: oldHash } = await findKey(context);
  const { secret, hash } = await makeSecret();
  const { createdAt: _createdAt, ...record } = key;
  await findKeys(context.env).getByName(hash).create(record);
  // Should what follows fail, no secret works any more, and rotating again mends it: better than two that do.
  await endKey(context, oldHash);
  if (!(await findDirectory(context.env).replaceHash(key.id, { from: oldHash, to: hash }))) {
    await endKey(context, hash);
    throw changedMeanwhile();
  }
  const rotated = await handOn(context);
  writeAudit(context, { action: "key_rotated", keyId: key.id, name: rotated.name });
  return showSecret(context, { key: rotated, secret });
}

/** Tells a key's object what the directory says of it: changes at the same time end with both saying the same. */
async function handOn(context: Context<AppEnv>): Promise<ListedKey> {
  const { key, hash } = await findKey(context);
  const { createdAt: _createdAt, ...record } = key;
  await findKeys(context.env).getByName(hash).change(record);
  endLease(findKeys(context.env), hash);
  return key;
}

async function endKey({ env }: Context<AppEnv>, hash: string): Promise<void> {
  await findKeys(env).getByName(hash).revoke();
  endLease(findKeys(env), hash);
}

async function showSecret(context: Context<AppEnv>, { key, secret }: { key: ListedKey; secret: string }) {
  const used = (await readUsedByOwner(context)).get(key.id);
  return context.json({ ...describeKey(key, used), key: secret }, 200, { "cache-control": "no-store" });
}

function describeKey(key: ListedKey, used: Used | undefined) {
  return { object: "admin.key", ...admin.describeKey(key, used) };
}

async function makeSecret(): Promise<{ secret: string; hash: string }> {
  const secret = createKey();
  return { secret, hash: renderDigest(await digestKey(secret)) };
}

async function findKey(context: Context<AppEnv>): Promise<{ key: ListedKey; hash: string }> {
  const found = await findDirectory(context.env).find(context.req.param("id") ?? "");
  if (found === undefined) throw notFound();
  return found;
}

async function readUsedByOwner(context: Context<AppEnv>) {
  const rows = await findDirectory(context.env).readUsed(toDate(Date.now()));
  return new Map(rows.map((row) => [row.owner, row]));
}

/** A limit is refused where nothing is bound that could keep it. */
function checkLimits({ env }: Context<AppEnv>, { limits }: KeySettings): void {
  if (Object.values(limits).some((limit) => limit !== null)) findCounter(env, "");
}

function listFields({ expiresAt, models, limits }: KeySettings): string[] {
  const given = { expires_at: expiresAt, models, ...limits };
  return ["name", ...Object.entries(given).flatMap(([field, value]) => (value === null ? [] : [field]))];
}

function readPage(context: Context<AppEnv>): { limit: number; after: string | undefined } {
  const limit = context.req.query("limit") ?? "100";
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1_000) {
    throw invalidRequest({ code: "invalid_value", param: "limit", message: "`limit` must be from 1 to 1000." });
  }
  return { limit: Number(limit), after: context.req.query("after") };
}

function changedMeanwhile(): ApiError {
  return invalidRequest({
    status: 409,
    code: "key_changed_meanwhile",
    message: "The key was rotated or revoked at the same time. Read it again with `GET /admin/keys/:id`.",
  });
}

function notFound(): ApiError {
  return new ApiError({
    status: 404,
    type: "not_found_error",
    code: "key_not_found",
    message: "There is no key with this id. `GET /admin/keys` lists them.",
  });
}
