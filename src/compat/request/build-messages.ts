import type { AssistantMessage, ChatMessage, ChatPart, ChatToolCall } from "../chat-inputs.ts";
import type { ChatImage } from "./convert-content.ts";

interface Turn {
  texts: string[];
  reasoning: string[];
  calls: ChatToolCall[];
}

/**
 * Gathers items into chat messages. Items are finer than messages: an assistant's reasoning, text and calls are items
 * of their own and become one message, since the outputs of calls have to follow the one message that made them all.
 */
export class MessageBuilder {
  readonly #messages: ChatMessage[] = [];
  #turn: Turn | undefined;
  /** Ids of the calls made so far. */
  readonly #calls = new Set<string>();
  /** Those that have no output yet, by their ids. */
  readonly #waiting = new Map<string, ChatToolCall>();
  /** Other names of calls → ids. */
  readonly #names = new Map<string, string>();
  /** Ids of calls that are left out, and their outputs with them. */
  readonly #skipped = new Set<string>();
  /** Images of messages that can hold only text. */
  #images: ChatImage[] = [];

  addMessage(role: "system", content: string): void {
    this.#endTurn();
    this.#endImages();
    this.#messages.push({ role, content });
  }

  addUserMessage(content: string | readonly ChatPart[]): void {
    this.#endTurn();
    // A call that the user has spoken after is over. Some clients number the calls of each turn anew.
    this.#waiting.clear();
    this.#endImages();
    this.#messages.push({ role: "user", content });
  }

  /**
   * Shows images of what was added last, in a user's message of their own: behind the outputs of all calls, which have to
   * follow one another.
   */
  showImages(images: readonly ChatImage[]): void {
    this.#images.push(...images);
  }

  /**
   * Text after text is another message, unless calls are open between them. The same text again is the same message:
   * LiveKit sends an answer beside the `previous_response_id` that stands for it, and the model must not read it twice.
   */
  addText(text: string): void {
    if (this.#turn?.texts.at(-1) === text) return;
    if (this.#turn !== undefined && this.#turn.calls.length === 0 && this.#turn.texts.length > 0) this.#endTurn();
    this.#openTurn().texts.push(text);
  }

  /** Reasoning comes first in a turn, so it opens the next one, unless calls are open. */
  addReasoning(text: string): void {
    if (text === "") return;
    if (this.#turn !== undefined && this.#turn.calls.length === 0 && this.#turn.texts.length > 0) this.#endTurn();
    this.#openTurn().reasoning.push(text);
  }

  /** A call that still waits for its output is the same one when it comes again unchanged, for the same reason. */
  addCall(call: ChatToolCall): void {
    if (isSameCall(call, this.#waiting.get(call.id))) return;
    this.#waiting.set(call.id, call);
    this.#calls.add(call.id);
    this.#openTurn().calls.push(call);
  }

  /** Gives a call another name. */
  nameCall(name: string, id: string): void {
    this.#names.set(name, id);
  }

  /** The id of the call that is named so. */
  callIdOf(name: string): string {
    return this.#names.get(name) ?? name;
  }

  skipCall(id: string): void {
    this.#skipped.add(id);
  }

  isSkipped(id: string): boolean {
    return this.#skipped.has(id);
  }

  hasCall(id: string): boolean {
    return this.#calls.has(id);
  }

  addOutput(id: string, content: string): void {
    this.#waiting.delete(id);
    this.#endTurn();
    this.#messages.push({ role: "tool", tool_call_id: id, content });
  }

  /** The messages, the leading system messages in one: some models' templates take only one, and only first. */
  build(): ChatMessage[] {
    this.#endTurn();
    this.#endImages();
    const first = this.#messages.findIndex(({ role }) => role !== "system");
    const leading = this.#messages.slice(0, first === -1 ? this.#messages.length : first);
    const content = leading.flatMap((message) => (message.role === "system" ? [message.content] : []));
    const rest = this.#messages.slice(leading.length);
    const said = content.filter((text) => text !== "");
    return said.length === 0 ? rest : [{ role: "system", content: said.join("\n\n") }, ...rest];
  }

  #openTurn(): Turn {
    if (this.#images.length > 0) this.#endTurn();
    this.#endImages();
    this.#turn ??= { texts: [], reasoning: [], calls: [] };
    return this.#turn;
  }

  #endImages(): void {
    if (this.#images.length === 0) return;
    const images = this.#images;
    this.#images = [];
    const text =
      images.length === 1 ? "The image that belongs above:" : "The images that belong above, in their order:";
    this.#messages.push({ role: "user", content: [{ type: "text", text }, ...images] });
  }

  #endTurn(): void {
    if (this.#turn === undefined) return;
    const { texts, reasoning, calls } = this.#turn;
    this.#turn = undefined;
    const message: AssistantMessage = { role: "assistant", content: texts.join("\n") };
    if (reasoning.length > 0) {
      message.reasoning = reasoning.join("\n");
      message.reasoning_content = message.reasoning;
    }
    if (calls.length > 0) message.tool_calls = calls;
    this.#messages.push(message);
  }
}

function isSameCall({ function: asked }: ChatToolCall, other: ChatToolCall | undefined): boolean {
  return other?.function.name === asked.name && other.function.arguments === asked.arguments;
}
