import { focusComposer } from "../chat/draft.ts";
import { currentChat, startChat } from "../chat/manage-chats.ts";
import { isListOpen, panel, togglePanel } from "./layout.ts";

/**
 * The page's keys: Escape stops the answer or closes what is open, `/` leads to the message, Ctrl or ⌘ with Enter sends
 * from anywhere, with K starts a chat, with comma and i opens what stands beside. Returns what ends the listening.
 */
export function listenToKeys(): () => void {
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
  const hasModifier = event.metaKey || event.ctrlKey;
  if (event.key === "Escape") return escape();
  if (event.key === "/" && !hasModifier && !isWriting(event.target)) {
    event.preventDefault();
    return focusComposer();
  }
  if (!hasModifier) return undefined;
  const act = actions[event.key];
  if (act === undefined) return undefined;
  event.preventDefault();
  return act();
}

const actions: Record<string, () => void> = {
  Enter: () => document.querySelector<HTMLFormElement>("form.composer")?.requestSubmit(),
  k: startChat,
  ",": () => togglePanel("settings"),
  i: () => togglePanel("inspector"),
};

function escape(): void {
  if (currentChat.value.live.value !== undefined) void currentChat.value.stop();
  else if (isListOpen.value) isListOpen.value = false;
  else panel.value = "none";
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
