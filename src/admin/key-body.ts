import * as z from "zod/mini";
import type { KeySettings } from "../access/key-rpc.ts";
import { noLimits } from "../call.ts";
import { type Config, keyIdPattern } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import { validate } from "../http/validate.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { resolveModel } from "../workers-ai/models.ts";

const count = (least: number) => z.nullish(z.int().check(z.gte(least), z.lte(1e15)));
/** US dollars. */
const amount = z.nullish(z.number().check(z.gte(0), z.lte(1e6)));

const budgetFields = { daily_tokens: count(0), monthly_tokens: count(0), daily_usd: amount, monthly_usd: amount };
const fields = {
  /** Unix seconds. */
  expires_at: count(0),
  models: z.nullish(z.array(z.string()).check(z.minLength(1), z.maxLength(100))),
  requests_per_minute: count(1),
  budget: z.nullish(z.object(budgetFields)),
};
const NewKey = z.object({ name: z.string(), ...fields });
const ChangedKey = z.object({ name: z.optional(z.string()), ...fields });

const none: Omit<KeySettings, "name"> = {
  expiresAt: null,
  models: null,
  limits: noLimits,
};

/** Reads the body of `POST /admin/keys`. Throws 400 that names the field. */
export function readNewKey(body: JsonRecord, config: Config): KeySettings {
  refuseUnknown(body);
  const { name, ...settings } = validate(NewKey, body);
  return merge({ name: checkName(name, config), ...none }, settings, config);
}

/** Reads the body of `PATCH /admin/keys/:id`: what it names is changed, `null` takes a limit away. */
export function readKeyChange(body: JsonRecord, { key, config }: { key: KeySettings; config: Config }): KeySettings {
  refuseUnknown(body);
  const { name, ...settings } = validate(ChangedKey, body);
  return merge({ ...key, name: name === undefined ? key.name : checkName(name, config) }, settings, config);
}

/** A misspelt limit would be one that does not hold. */
function refuseUnknown(body: JsonRecord): void {
  const unknown =
    Object.keys(body).find((field) => field !== "name" && !Object.hasOwn(fields, field)) ??
    prefix(Object.keys(Object(body["budget"])).find((field) => !Object.hasOwn(budgetFields, field)));
  if (unknown === undefined) return;
  throw invalidRequest({
    code: "unknown_parameter",
    param: unknown,
    message: `A key has no \`${unknown}\`. It has: name, ${Object.keys(fields).join(", ")}; a budget has: ${Object.keys(budgetFields).join(", ")}.`,
  });
}

function prefix(field: string | undefined): string | undefined {
  return field === undefined ? undefined : `budget.${field}`;
}

/** A field that is not there stays as it was; `null` is no limit. */
function merge(
  key: KeySettings,
  { expires_at, models, requests_per_minute, budget }: Omit<z.core.output<typeof ChangedKey>, "name">,
  config: Config,
): KeySettings {
  if (typeof expires_at === "number" && expires_at * 1_000 <= Date.now()) {
    throw invalidRequest({
      code: "invalid_value",
      param: "expires_at",
      message: "`expires_at` must be in the future, in Unix seconds.",
    });
  }
  const { requests_per_minute: _rate, ...noBudget } = noLimits;
  return {
    name: key.name,
    expiresAt: expires_at === undefined ? key.expiresAt : expires_at,
    models: models === undefined ? key.models : (models?.map((model, at) => checkModel(model, at, config)) ?? null),
    limits: {
      ...key.limits,
      ...(budget === null ? noBudget : definedOf(budget ?? {})),
      ...definedOf({ requests_per_minute }),
    },
  };
}

function definedOf<Fields extends object>(given: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.assign(
    {},
    ...Object.entries(given).map(([name, value]) => (value === undefined ? {} : { [name]: value })),
  );
}

function checkModel(model: string, index: number, { models, fallbackModels }: Config): string {
  try {
    return resolveModel([...models, ...fallbackModels] as const, model);
  } catch {
    throw invalidRequest({
      code: "invalid_value",
      param: `models[${index}]`,
      message: `This Worker does not serve the model \`models[${index}]\`. It serves: ${models.join(", ")}.`,
    });
  }
}

function checkName(name: string, { apiKeys }: Config): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name) || name === "anonymous" || keyIdPattern.test(name)) {
    throw invalidRequest({
      code: "invalid_value",
      param: "name",
      message: "`name` must have 1 to 64 letters, digits or . _ - and must not be `anonymous` or look like a key's id.",
    });
  }
  if (apiKeys.some((key) => key.name === name)) throw nameTaken();
  return name;
}

export function nameTaken() {
  return invalidRequest({
    status: 409,
    code: "name_taken",
    param: "name",
    message: "Another key has that name. Names are unique across API_KEYS and managed keys.",
  });
}
