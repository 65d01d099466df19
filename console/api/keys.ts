import { effect, signal } from "@preact/signals";

/** A text that lives as long as the tab: a key must not outlive it. */
function keptInTab(name: string) {
  const text = signal(sessionStorage.getItem(name) ?? "");
  effect(() => {
    if (text.value === "") sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, text.value);
  });
  return text;
}

/** The key that the console calls the API with; empty where none is needed. */
export const apiKey = keptInTab("console.key");

/** The operator's key, for the overview. */
export const adminKey = keptInTab("console.admin-key");
