import { effect, signal } from "@preact/signals";
import { keepText, readKept } from "./keep-text.ts";

export type Theme = "system" | "light" | "dark";

/** Read by static/console/theme.js too, before the first paint. */
const storageKey = "console.theme";

const stored = readKept("browser", storageKey);

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

effect(() => {
  const { value } = theme;
  keepText("browser", storageKey, value === "system" ? "" : value);
  if (value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = value;
});
