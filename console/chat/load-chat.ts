import { CallError } from "../api/call-error.ts";
import { type JsonObject, readObjects, readText } from "../api/json.ts";
import { sendJson } from "../api/send.ts";
import { Chat } from "./chat.ts";
import { findChat } from "./library.ts";
import { Turn } from "./turn.ts";

/** The chats that this page has opened: a stream goes on while another chat is shown. */
const opened = new Map<string, Chat>();

/** The chat of this id: as this page knows it, or by the library's ids, or by a response's id alone. */
export function openChat(id: string): Chat {
  const known = opened.get(id);
  if (known !== undefined) return known;
  const chat = new Chat();
  chat.id.value = id;
  opened.set(id, chat);
  const kept = findChat(id);
  const turns = new Map<string, Turn>();
  for (const { id: turnId, parent } of kept?.turns ?? [{ id, parent: "" }]) {
    turns.set(turnId, unloaded(turns.get(parent), turnId));
  }
  chat.conversationId = kept?.conversationId ?? "";
  chat.turns.value = [...turns.values()];
  chat.tip.value = turns.get(kept?.tip ?? id) ?? chat.turns.value.at(-1);
  return chat;
}

/** Lets `openChat` find a chat that began on this page. */
export function rememberChat(chat: Chat): void {
  opened.set(chat.id.value, chat);
}

export function forgetChat(id: string): void {
  opened.delete(id);
}

function unloaded(parent: Turn | undefined, id: string): Turn {
  const turn = new Turn(parent, id);
  turn.state.value = "unloaded";
  turn.isStored = true;
  return turn;
}

/** Fetches a turn again that could not be fetched: what was said in it is not known, so it can't be sent again. */
export function reloadTurn(chat: Chat, turn: Turn): void {
  turn.error.value = undefined;
  turn.state.value = "unloaded";
  void loadPath(chat);
}

/** Fetches the shown turns that this page knows by their ids only, and goes on with a background run. */
export async function loadPath(chat: Chat): Promise<void> {
  const waiting = chat.path.value.filter(({ state }) => state.value === "unloaded");
  for (const turn of waiting) turn.state.value = "waiting";
  await Promise.all(waiting.map(loadResponse));
  await Promise.all(waiting.map(loadInput));
  for (const turn of waiting) {
    if (turn.state.value === "left") void chat.resume(turn);
  }
}

async function loadResponse(turn: Turn): Promise<void> {
  try {
    const response = await sendJson({ path: `/responses/${encodeURIComponent(turn.id.value)}` });
    const isRunning = response["status"] === "in_progress" || response["status"] === "queued";
    if (!isRunning) turn.take(response);
    turn.state.value = isRunning ? "left" : response["status"] === "cancelled" ? "stopped" : "done";
  } catch (error) {
    if (error instanceof CallError && error.status !== 404) turn.error.value = error;
    turn.state.value = error instanceof CallError && error.status === 404 ? "lost" : "failed";
  }
}

/** Input items are listed with all that came before: the new ones follow the last output of an earlier turn. */
async function loadInput(turn: Turn): Promise<void> {
  if (turn.state.value === "lost" || turn.state.value === "failed") return;
  const earlier = new Set(
    (turn.parent?.path ?? []).flatMap(({ output }) => output.map((item) => readText(item["id"]))),
  );
  const input: JsonObject[] = [];
  let after = "";
  for (;;) {
    const path = `/responses/${encodeURIComponent(turn.id.value)}/input_items?order=desc&limit=50${after}`;
    const page = await sendJson({ path }).catch((): JsonObject => ({}));
    const items = readObjects(page["data"]);
    const end = items.findIndex((item) => earlier.has(readText(item["id"])));
    input.unshift(...items.slice(0, end === -1 ? items.length : end).toReversed());
    const last = readText(page["last_id"]);
    if (end !== -1 || page["has_more"] !== true || last === "") break;
    after = `&after=${encodeURIComponent(last)}`;
  }
  turn.input.value = input;
}
