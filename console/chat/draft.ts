import { signal } from "@preact/signals";

/** What stands in the message box. */
export const draft = signal("");

/** Counts up whenever the message box should take the focus. */
export const focusAsked = signal(0);

export function focusComposer(): void {
  focusAsked.value += 1;
}
