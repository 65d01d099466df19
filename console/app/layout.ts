import { effect, signal } from "@preact/signals";
import { keepText, readKept } from "./keep-text.ts";

/** What stands beside the chat. */
export type Panel = "none" | "settings" | "inspector";

const storageKey = "console.panel";
const stored = readKept("browser", storageKey);
const isWide = matchMedia("(min-width: 68rem)").matches;

export const panel = signal<Panel>(isWide && (stored === "settings" || stored === "inspector") ? stored : "none");

effect(() => keepText("browser", storageKey, panel.value === "none" ? "" : panel.value));

export function togglePanel(which: Panel): void {
  panel.value = panel.value === which ? "none" : which;
}

/** Whether the list of chats is open, where it covers the page. */
export const isListOpen = signal(false);

/** Whether the dialog for the key is open. */
export const isKeyOpen = signal(false);
