import { computed, signal } from "@preact/signals";
import { toCallError } from "../api/call-error.ts";
import { type JsonObject, readText } from "../api/json.ts";
import { sendJson } from "../api/send.ts";
import { remembers } from "../api/worker.ts";
import { buildRequest } from "../settings/build-request.ts";
import { chosenModel } from "../settings/models.ts";
import { serverTokens, settings } from "../settings/settings.ts";
import { buildContext, readInput } from "./build-input.ts";
import { findChat, keepChat } from "./library.ts";
import { failTurn, resumeTurn, runTurn } from "./run-turn.ts";
import { Turn } from "./turn.ts";

/** One chat on this page: a tree of turns, of which the path to `tip` is shown. */
export class Chat {
  /** Its name in the library and in the URL; empty until the first response has an id. */
  readonly id = signal("");
  readonly turns = signal<readonly Turn[]>([]);
  readonly tip = signal<Turn | undefined>(undefined);
  readonly path = computed<readonly Turn[]>(() => this.tip.value?.path ?? []);
  /** The turn that is being answered. */
  readonly live = computed(() => this.turns.value.find((turn) => turn.isLive));
  conversationId = "";

  /** The turns beside this one, itself included: other answers, other wordings of the message. */
  siblings(turn: Turn): Turn[] {
    return this.turns.value.filter(({ parent }) => parent === turn.parent);
  }

  /** Shows another branch: that of this turn, down to its latest end. */
  show(turn: Turn): void {
    const child = this.turns.value.findLast(({ parent }) => parent === turn);
    if (child !== undefined) return this.show(child);
    this.tip.value = turn;
    this.keep();
  }

  /** The turn that a new message continues: what failed is left aside. */
  get base(): Turn | undefined {
    return [...this.path.value].toReversed().find(({ state }) => ["done", "stopped"].includes(state.value));
  }

  /** The request that would be sent. Throws `FieldError`. */
  buildBody(input: readonly JsonObject[], parent: Turn | undefined): JsonObject {
    const { stream, background, ...rest } = buildRequest(
      { ...settings.value, model: chosenModel.value },
      serverTokens.value,
    );
    const conversation = this.conversationId !== "" && parent === this.base ? this.conversationId : "";
    return {
      ...rest,
      ...buildContext(input, parent, conversation),
      ...(background !== undefined && { background }),
      ...(stream !== undefined && { stream }),
    };
  }

  /** Sends these items as a new turn after `parent`. Resolves when it has ended; throws `FieldError` before it begins. */
  async send(input: readonly JsonObject[], parent: Turn | undefined = this.base): Promise<void> {
    // Before anything is made: a setting may be wrong.
    this.buildBody(input, parent);
    const turn = new Turn(parent);
    turn.input.value = input;
    turn.isBackground = settings.value.background;
    this.turns.value = [...this.turns.value, turn];
    this.tip.value = turn;
    if (parent === undefined && settings.value.conversation && remembers()) {
      try {
        await this.#openConversation();
      } catch (error) {
        return failTurn(turn, toCallError(error));
      }
    }
    const body = this.buildBody(input, parent);
    await runTurn(turn, {
      body,
      socket: settings.value.webSocket && !turn.isBackground ? `chat-${this.turns.value[0]?.key ?? 0}` : "",
      onId: () => {
        if (turn.isStored || !remembers() || body["store"] === false) return;
        turn.isStored = true;
        this.id.value ||= turn.id.value;
        this.keep();
      },
    });
    this.keep();
  }

  /** Goes on listening to a background run. */
  async resume(turn: Turn): Promise<void> {
    turn.isBackground = true;
    await resumeTurn(turn);
    this.keep();
  }

  /** Ends the answer under way. A background run is cancelled at the Worker, and its stream says so. */
  async stop(): Promise<void> {
    const turn = this.live.value;
    if (turn === undefined) return;
    if (turn.isBackground && turn.id.value !== "") {
      await sendJson({ path: `/responses/${encodeURIComponent(turn.id.value)}/cancel`, method: "POST" }).catch(
        () => {},
      );
      return;
    }
    turn.abort.abort();
  }

  /** Writes what is known of the chat to the library. */
  keep(title?: string): void {
    const { value: id } = this.id;
    const stored = this.turns.value.filter((turn) => turn.isStored && turn.id.value !== "");
    if (id === "" || stored.length === 0) return;
    const known = findChat(id);
    const first = readInput(this.turns.value[0]?.input.value ?? []);
    keepChat({
      id,
      title: title ?? (known?.title || titleOf(first.text || first.attachments[0]?.name || "New chat")),
      updatedAt: Date.now(),
      turns: stored.map((turn) => ({ id: turn.id.value, parent: turn.parent?.id.value ?? "" })),
      tip: this.tip.value?.id.value ?? "",
      conversationId: this.conversationId,
    });
  }

  async #openConversation(): Promise<void> {
    this.conversationId = readText((await sendJson({ path: "/conversations", method: "POST", body: {} }))["id"]);
  }
}

/** The first words of a message, for the list at the side. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line;
}
