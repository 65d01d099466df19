import { effect, signal } from "@preact/signals";
import { isObject, type JsonObject, parseJson } from "../api/json.ts";

export interface McpServer {
  label: string;
  /** Empty where the Worker knows the server by its label. */
  url: string;
  approval: "always" | "never";
  /** Names, separated by commas; empty for all. */
  allowedTools: string;
  isOn: boolean;
}

export interface FunctionSetting {
  /** The tool's definition as JSON. */
  text: string;
  isOn: boolean;
}

export type Effort = "" | "low" | "medium" | "high";
export type Verbosity = "" | "low" | "medium" | "high";
export type Format = "text" | "json_object" | "json_schema";

/** What the settings say. An empty text and undefined mean: not sent, so the Worker's default holds. */
export interface Settings {
  model: string;
  instructions: string;
  effort: Effort;
  summary: "" | "auto" | "concise" | "detailed";
  temperature: number | undefined;
  topP: number | undefined;
  verbosity: Verbosity;
  maxOutputTokens: string;
  maxToolCalls: string;
  stream: boolean;
  store: boolean;
  background: boolean;
  /** Keep the turns in a conversation of the API, instead of a chain of responses. */
  conversation: boolean;
  webSocket: boolean;
  parallelToolCalls: boolean;
  webSearch: boolean;
  images: boolean;
  servers: McpServer[];
  functions: FunctionSetting[];
  format: Format;
  schema: string;
  /** JSON that is merged into the request last. */
  extra: string;
}

export const defaultSettings: Settings = {
  model: "",
  instructions: "",
  effort: "",
  summary: "",
  temperature: undefined,
  topP: undefined,
  verbosity: "",
  maxOutputTokens: "",
  maxToolCalls: "",
  stream: true,
  store: true,
  background: false,
  conversation: false,
  webSocket: false,
  parallelToolCalls: true,
  webSearch: false,
  images: false,
  servers: [],
  functions: [],
  format: "text",
  schema: "",
  extra: "",
};

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

export const settings = signal(readSettings(parseJson(localStorage.getItem(storageKey) ?? "")));

effect(() => localStorage.setItem(storageKey, JSON.stringify(settings.value)));

export function changeSettings(change: Partial<Settings>): void {
  settings.value = { ...settings.value, ...change };
}

export function resetSettings(): void {
  settings.value = defaultSettings;
}

const tokensKey = "console.mcp-tokens";
const storedTokens = parseJson(sessionStorage.getItem(tokensKey) ?? "");

/** Tokens for MCP servers, by label. They live as long as the tab, like the API key. */
export const serverTokens = signal<Readonly<Record<string, string>>>(
  isObject(storedTokens)
    ? Object.fromEntries(Object.entries(storedTokens).map(([label, token]) => [label, String(token)]))
    : {},
);

effect(() => sessionStorage.setItem(tokensKey, JSON.stringify(serverTokens.value)));
