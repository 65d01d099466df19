import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

/** Read by static/console/theme.js too, before the first paint. */
const storageKey = "console.theme";

const stored = localStorage.getItem(storageKey);

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

effect(() => {
  const { value } = theme;
  if (value === "system") {
    localStorage.removeItem(storageKey);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(storageKey, value);
    document.documentElement.dataset["theme"] = value;
  }
});
