import { effect, signal } from "@preact/signals";
import { isObject, type JsonObject, parseJson } from "../api/json.ts";
import { keepText, readKept } from "../app/keep-text.ts";
import { defaultSettings, type Settings } from "./default-settings.ts";

const storageKey = "console.settings";

/** Keeps the fields whose type is still the same: settings outlive versions of the console. */
function readSettings(stored: unknown): Settings {
  if (!isObject(stored)) return defaultSettings;
  const defaults: JsonObject = { ...defaultSettings };
  const known = Object.entries(stored).filter(([name, value]) =>
    name === "temperature" || name === "topP"
      ? typeof value === "number"
      : name in defaults && typeof value === typeof defaults[name],
  );
  return { ...defaultSettings, ...Object.fromEntries(known) };
}

export const settings = signal(readSettings(parseJson(readKept("browser", storageKey))));

effect(() => keepText("browser", storageKey, writeChanged(settings.value, defaultSettings)));

export function changeSettings(change: Partial<Settings>): void {
  settings.value = { ...settings.value, ...change };
}

export function resetSettings(): void {
  settings.value = defaultSettings;
}

const tokensKey = "console.mcp-tokens";
const storedTokens = parseJson(readKept("tab", tokensKey));

/** Tokens for MCP servers, by label. They live as long as the tab, like the API key. */
export const serverTokens = signal<Readonly<Record<string, string>>>(
  isObject(storedTokens)
    ? Object.fromEntries(Object.entries(storedTokens).map(([label, token]) => [label, String(token)]))
    : {},
);

effect(() => keepText("tab", tokensKey, writeChanged(serverTokens.value, {})));

/** The JSON of a value; empty where it is the default, which needs no keeping. */
function writeChanged(value: object, byDefault: object): string {
  const text = JSON.stringify(value);
  return text === JSON.stringify(byDefault) ? "" : text;
}
