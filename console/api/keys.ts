import { effect, signal } from "@preact/signals";
import { keepText, readKept } from "../app/keep-text.ts";

/** A text that lives as long as the tab: a key must not outlive it. */
function keptInTab(name: string) {
  const text = signal(readKept("tab", name));
  effect(() => keepText("tab", name, text.value));
  return text;
}

/** The key that the console calls the API with; empty where none is needed. */
export const apiKey = keptInTab("console.key");

/** The operator's key, for the overview. */
export const adminKey = keptInTab("console.admin-key");
