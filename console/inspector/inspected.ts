import { computed, signal } from "@preact/signals";
import { currentChat } from "../chat/manage-chats.ts";
import type { Turn } from "../chat/turn.ts";

/** The turn that was chosen to be looked at. */
export const inspected = signal<Turn | undefined>(undefined);

/** The turn in the inspector: the chosen one while it is shown, else the last. */
export const shownTurn = computed(() => {
  const path = currentChat.value.path.value;
  return path.find((turn) => turn === inspected.value) ?? path.at(-1);
});
