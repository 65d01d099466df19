import { signal } from "@preact/signals";

/** A text that lives as long as the tab: a key must not outlive it. */
function tabText(name: string) {
  const text = signal(sessionStorage.getItem(name) ?? "");
  return {
    signal: text,
    set(value: string): void {
      text.value = value;
      if (value === "") sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, value);
    },
  };
}

const api = tabText("console.key");
const admin = tabText("console.admin-key");

/** The key that the console calls the API with; empty where none is needed. */
export const apiKey = api.signal;
export const setApiKey = api.set;

/** The operator's key, for the overview. */
export const adminKey = admin.signal;
export const setAdminKey = admin.set;
