import { useSignal } from "@preact/signals";
import { toCallError } from "../api/call-error.ts";
import { type JsonObject, readText } from "../api/json.ts";
import { adminKey } from "../api/keys.ts";
import { sendJsonToPath } from "../api/send.ts";
import { health, shortenModel } from "../api/worker.ts";
import { Dialog } from "../ui/dialog.tsx";
import type { KeyRow } from "./read-overview.ts";

interface KeyEditorProps {
  /** Undefined for a new key. */
  row: KeyRow | undefined;
  onClose: () => void;
  /** `key` is empty where a key was only changed. */
  onSaved: (name: string, key: string) => void;
}

const limits = [
  ["requests_per_minute", "Requests a minute"],
  ["daily_tokens", "Tokens a day"],
  ["monthly_tokens", "Tokens a month"],
  ["daily_usd", "US dollars a day"],
  ["monthly_usd", "US dollars a month"],
] as const;

type Limit = (typeof limits)[number][0];

/** The form for a new key, or for the limits of one. */
export function KeyEditor({ row, onClose, onSaved }: KeyEditorProps) {
  const name = useSignal(row?.name ?? "");
  const expires = useSignal(
    row?.expiresAt === undefined ? "" : new Date(row.expiresAt * 1000).toISOString().slice(0, 10),
  );
  const models = useSignal<readonly string[]>(row?.models ?? []);
  const values = useSignal<Record<Limit, string>>(readLimits(row));
  const problem = useSignal("");
  const save = async () => {
    try {
      const body = buildKey({
        name: name.value,
        expires: expires.value,
        models: models.value,
        values: values.value,
        isNew: row === undefined,
      });
      const path = row === undefined ? "/admin/keys" : `/admin/keys/${encodeURIComponent(row.id)}`;
      const saved = await sendJsonToPath({
        path,
        method: row === undefined ? "POST" : "PATCH",
        body,
        key: adminKey.value,
      });
      onSaved(name.value, readText(saved["key"]));
    } catch (error) {
      problem.value = toCallError(error).message;
    }
  };
  return (
    <Dialog title={row === undefined ? "New key" : `Change ${row.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="pair">
          <label class="field">
            Name
            <input
              autofocus
              required
              value={name.value}
              placeholder="mobile-app"
              onInput={({ currentTarget }) => (name.value = currentTarget.value)}
            />
          </label>
          <label class="field">
            Expires on
            <input
              type="date"
              value={expires.value}
              onInput={({ currentTarget }) => (expires.value = currentTarget.value)}
            />
          </label>
          {limits.map(([limit, label]) => (
            <label class="field" key={limit}>
              {label}
              <input
                type="number"
                min="0"
                step={limit.endsWith("usd") ? "any" : 1}
                placeholder="no limit"
                value={values.value[limit]}
                onInput={({ currentTarget }) => (values.value = { ...values.value, [limit]: currentTarget.value })}
              />
            </label>
          ))}
        </div>
        <fieldset class="field">
          <legend>Models</legend>
          {(health.value?.models ?? []).map((model) => (
            <label key={model} class="check">
              <input
                type="checkbox"
                checked={models.value.includes(model)}
                onChange={({ currentTarget }) =>
                  (models.value = currentTarget.checked
                    ? [...models.value, model]
                    : models.value.filter((other) => other !== model))
                }
              />
              {shortenModel(model)}
            </label>
          ))}
          <span class="note">None chosen: all of them.</span>
        </fieldset>
        {problem.value !== "" && (
          <p class="error" role="alert">
            {problem}
          </p>
        )}
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            {row === undefined ? "Make the key" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function readLimits(row: KeyRow | undefined): Record<Limit, string> {
  return {
    requests_per_minute: textOf(row?.requestsPerMinute),
    daily_tokens: textOf(row?.budget.daily_tokens),
    monthly_tokens: textOf(row?.budget.monthly_tokens),
    daily_usd: textOf(row?.budget.daily_usd),
    monthly_usd: textOf(row?.budget.monthly_usd),
  };
}

interface Filled {
  name: string;
  expires: string;
  models: readonly string[];
  values: Record<Limit, string>;
  isNew: boolean;
}

/** A field left empty is left out of a new key, and is `null` in a change: the limit goes. */
function buildKey({ name, expires, models, values, isNew }: Filled): JsonObject {
  const { requests_per_minute: perMinute, ...budget } = values;
  const fields = {
    name: name.trim(),
    // To the end of that day.
    expires_at: expires === "" ? null : Date.parse(`${expires}T23:59:59Z`) / 1000,
    models: models.length === 0 ? null : [...models],
    requests_per_minute: numberOf(perMinute),
    budget: dropNulls(
      Object.fromEntries(Object.entries(budget).map(([limit, text]) => [limit, numberOf(text)])),
      isNew,
    ),
  };
  return dropNulls(fields, isNew);
}

function dropNulls(fields: JsonObject, isNew: boolean): JsonObject {
  return isNew ? Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) : fields;
}

function textOf(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function numberOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
