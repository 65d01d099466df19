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

/** The settings of a console that nobody has touched. */
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
