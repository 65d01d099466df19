import { effect, signal } from "@preact/signals";
import { type JsonObject, parseJson, readNumber, readObjects, readText } from "../api/json.ts";
import { keepText, readKept } from "../app/keep-text.ts";

/** A turn as the library knows it: ids only. What was said is the Worker's to keep. */
export interface KeptTurn {
  id: string;
  parent: string;
}

/** A chat in the list at the side. */
export interface KeptChat {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  updatedAt: number;
  turns: readonly KeptTurn[];
  /** The turn that was shown last. */
  tip: string;
  /** The conversation of the API that the turns are in; empty for a chain of responses. */
  conversationId: string;
}

const storageKey = "console.chats";
/** Older chats leave the list: browsers give a page 5 MB. */
const maxChats = 500;

function readLibrary(text: string): KeptChat[] {
  return readObjects(parseJson(text))
    .map(readChat)
    .filter(({ id }) => id !== "");
}

function readChat(chat: JsonObject): KeptChat {
  return {
    id: readText(chat["id"]),
    title: readText(chat["title"]),
    updatedAt: readNumber(chat["updatedAt"]) ?? 0,
    turns: readObjects(chat["turns"]).map(({ id, parent }) => ({ id: readText(id), parent: readText(parent) })),
    tip: readText(chat["tip"]),
    conversationId: readText(chat["conversationId"]),
  };
}

/** The chats of this browser, the latest first. */
export const library = signal(readLibrary(readKept("browser", storageKey)));

effect(() => keepText("browser", storageKey, library.value.length === 0 ? "" : JSON.stringify(library.value)));

// Another tab has changed the list.
addEventListener("storage", ({ key, newValue }) => {
  if (key === storageKey) library.value = readLibrary(newValue ?? "");
});

export function findChat(id: string): KeptChat | undefined {
  return library.value.find((chat) => chat.id === id);
}

/** Puts a chat on top of the list, in place of what was known of it. */
export function keepChat(chat: KeptChat): void {
  library.value = [chat, ...library.value.filter(({ id }) => id !== chat.id)].slice(0, maxChats);
}

/** Changes a chat where it stands in the list. */
export function changeChat(id: string, change: Partial<KeptChat>): void {
  library.value = library.value.map((chat) => (chat.id === id ? { ...chat, ...change } : chat));
}

/** Takes a chat off the list. Returns the ids of its turns that no other chat shows. */
export function dropChat(id: string): string[] {
  const chat = findChat(id);
  library.value = library.value.filter((kept) => kept.id !== id);
  const shared = new Set(library.value.flatMap(({ turns }) => turns.map((turn) => turn.id)));
  return (chat?.turns ?? []).map((turn) => turn.id).filter((turn) => !shared.has(turn));
}
