import type { Settings } from "../../console/settings/settings.ts";

/** The settings of a console that nobody has touched. The module that has them needs a browser. */
export const untouched: Settings = {
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
