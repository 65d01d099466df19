import { computed, effect, signal } from "@preact/signals";
import { send } from "../api/send.ts";
import { route, showRoute } from "../app/router.ts";
import { Chat } from "./chat.ts";
import { changeChat, dropChat, findChat } from "./library.ts";
import { forgetChat, loadPath, openChat, rememberChat } from "./load-chat.ts";
import type { Turn } from "./turn.ts";

const fresh = signal(new Chat());

/** The chat that the URL names; a new one where it names none. */
export const currentChat = computed(() => {
  const { page, id } = route.value;
  return page === "chat" && id !== "" ? openChat(id) : fresh.value;
});

effect(() => {
  const chat = currentChat.value;
  // Read, so that another branch is loaded when it is shown.
  if (chat.path.value.some(({ state }) => state.peek() === "unloaded")) void loadPath(chat);
});

// A new chat moves to its own address once it has an id.
effect(() => {
  const chat = fresh.value;
  const id = chat.id.value;
  if (id === "") return;
  rememberChat(chat);
  const isShown = route.peek().page === "chat" && route.peek().id === "";
  fresh.value = new Chat();
  if (isShown) showRoute({ page: "chat", id });
});

/** Leads to an empty chat. */
export function startChat(): void {
  if (fresh.value.turns.value.length > 0) fresh.value = new Chat();
  showRoute({ page: "chat", id: "" });
}

/** Makes a chat of its own from the turns up to this one, which the two then share. */
export function branchChat(turn: Turn): void {
  const from = currentChat.value;
  const chat = new Chat();
  chat.id.value = `branch_${Date.now().toString(36)}`;
  chat.turns.value = turn.path;
  chat.tip.value = turn;
  rememberChat(chat);
  chat.keep(`${findChat(from.id.value)?.title ?? "Chat"} (branch)`);
  showRoute({ page: "chat", id: chat.id.value });
}

export function renameChat(id: string, title: string): void {
  if (title.trim() !== "") changeChat(id, { title: title.trim() });
}

/** Removes a chat from the list, and from the Worker what no other chat shows. */
export async function deleteChat(id: string): Promise<void> {
  const conversationId = findChat(id)?.conversationId ?? "";
  const turns = dropChat(id);
  forgetChat(id);
  if (route.value.id === id) startChat();
  const paths = turns.map((turn) => `/responses/${encodeURIComponent(turn)}`);
  if (conversationId !== "") paths.push(`/conversations/${encodeURIComponent(conversationId)}`);
  // What is gone already, or can't be reached, expires by itself.
  await Promise.allSettled(paths.map((path) => send({ path, method: "DELETE" })));
}
