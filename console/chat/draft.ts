import { signal } from "@preact/signals";

/** What stands in the message box. */
export const draft = signal("");

export function focusComposer(): void {
  document.getElementById("input")?.focus();
}
