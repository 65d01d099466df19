/**
 * The state machine from chat to Responses: one chunk in, the events it means out, through the builder of the Response
 * that the round belongs to. No I/O. The end of a round is not the end of the Response.
 *
 * Reasoning and messages grow one at a time, in the order they come: the next kind ends the one before. Tool calls
 * grow side by side, told apart by their index, and end with the round: only then is it sure that nothing follows.
 */
import { createItemId, type IdPrefix } from "../../protocol/ids.ts";
import { type JsonRecord, readCount } from "../../protocol/json.ts";
import { MessageWriter } from "../../protocol/message-writer.ts";
import { ReasoningWriter } from "../../protocol/reasoning-writer.ts";
import type { Ending, ResponseBuilder } from "../../protocol/response-builder.ts";
import { brokenAnswer, invalidAnswer } from "../../workers-ai/errors.ts";
import type { ChatInputs } from "../chat-inputs.ts";
import type { OfferedTool, Translation } from "../translation.ts";
import { GrowingCalls, type MadeHostedCall } from "./growing-calls.ts";
import { mapFinishReason } from "./map-finish-reason.ts";
import type { ChatChunk } from "./read-chunk.ts";
import { type RecoveredCall, recoverCalls } from "./recover-calls.ts";

/** What a round is read with. */
export interface RoundRequest {
  builder: ResponseBuilder;
  translation: Translation;
  inputs: Pick<ChatInputs, "messages" | "tools" | "max_tokens" | "tool_choice">;
  /** Whether one more hosted tool may be called; if so, it is. Without it no tool is hosted. */
  takeHostedCall?: () => boolean;
}

/** Longest run of white space that is held back for the tool call that may follow it. */
const longestLead = 256;

export class ModelRound {
  // Fixed at creation.
  readonly #builder: ResponseBuilder;
  readonly #cite: Translation["cite"];
  readonly #summarize: boolean;
  readonly #maxTokens: number;
  /** The tools that a leaked call may be for. */
  readonly #demanded: ReadonlyMap<string, OfferedTool>;

  // Changes per chunk.
  readonly #calls: GrowingCalls;
  #reasoning: { writer: ReasoningWriter; text: string } | undefined;
  #message: MessageWriter | undefined;
  #hasMessage = false;
  /** Text that may be a leaked tool call; undefined when none can come any more. */
  #held: string | undefined;
  readonly #heldLogprobs: unknown[] = [];
  #ending: Ending | undefined;
  #announcesCalls = false;
  #usage: JsonRecord | undefined;
  #legacy = false;
  /** All that was thought and said. */
  readonly #spoken = { reasoning: "", text: "" };

  constructor({ builder, translation, inputs, takeHostedCall = () => false }: RoundRequest) {
    this.#builder = builder;
    this.#cite = translation.cite;
    this.#summarize = translation.summarize;
    this.#maxTokens = inputs.max_tokens;
    this.#demanded = demandedTools(translation.tools, inputs.tool_choice);
    this.#calls = new GrowingCalls({
      tools: translation.tools,
      builder,
      beforeCall: () => this.#endProse(),
      takeHostedCall,
    });
    this.#held = translation.toolCallForced ? "" : undefined;
  }

  /** Tokens as upstream has counted them so far; undefined as long as it has not. */
  get usage(): JsonRecord | undefined {
    return this.#usage;
  }

  /** What the model thought and said in this round: a next round has to know it. */
  get spoken(): Readonly<{ reasoning: string; text: string }> {
    return this.#spoken;
  }

  /** The hosted tools that it called, in its order, when the round is finished. */
  get hostedCalls(): readonly MadeHostedCall[] {
    return this.#calls.hosted;
  }

  /** Whether it called tools of the client's. */
  get callsClient(): boolean {
    return this.#calls.hasClients;
  }

  /**
   * Turns one chunk into events.
   * @throws {ApiError} 502 for a chunk that ends the answer in a way that is not known
   */
  take(chunk: ChatChunk): void {
    this.#legacy ||= chunk.legacy;
    if (chunk.usage !== undefined) this.#usage = mergeUsage(this.#usage, chunk.usage);
    if (chunk.reasoning !== "") this.#think(chunk.reasoning);
    if (chunk.text !== "" || this.#belongsToText(chunk)) this.#takeText(chunk.text, chunk.logprobs);
    if (chunk.refusal !== "") this.#refuse(chunk.refusal);
    for (const fragment of chunk.calls) this.#calls.take(fragment);
    if (chunk.finishReason !== undefined) this.#takeReason(chunk.finishReason);
  }

  /**
   * Ends a round that upstream ended, and says how. `announced`: it said so, by `[DONE]` or by being one whole JSON text.
   * @throws {ApiError} 502 when the answer doesn't say how it ended, or ended in a way that is no success
   */
  finish(announced: boolean): Ending {
    const ending = this.#readEnding(announced);
    const isCutOff = ending.status === "incomplete";
    const recovered = this.#held === undefined ? undefined : recoverCalls(this.#held, this.#demanded);
    if (!isCutOff) this.#refuseMissingCalls(recovered);

    if (recovered === undefined) this.#releaseText();
    else this.#callRecovered(recovered);
    // Chat answers with a message even where it is empty, and agents wait for one after the reasoning.
    if (!isCutOff && this.#calls.count === 0 && !this.#hasMessage) this.#say("", []);
    this.#endProse(ending.status);
    this.#calls.close(isCutOff);
    return ending;
  }

  /** The first reason that cuts an answer off stands, whatever is said after it. */
  #takeReason(reason: string): void {
    this.#announcesCalls = reason === "tool_calls" || reason === "function_call";
    if (this.#ending?.status !== "incomplete") this.#ending = mapFinishReason(reason);
  }

  #readEnding(announced: boolean): Ending {
    if (this.#ending === undefined && (!this.#legacy || !announced)) throw brokenAnswer();
    const ending = this.#ending ?? mapFinishReason("stop");
    // An answer as long as was allowed was cut off there. The older shape has no finish reason, and vLLM says
    // `tool_calls` of a call that it streamed until the limit (vllm-project/vllm issues 53269 and 58228).
    const isAtLimit = readCount(this.#usage?.["completion_tokens"]) >= this.#maxTokens;
    const isCutOff = isAtLimit && (this.#ending === undefined || this.#calls.hasBroken);
    return isCutOff ? mapFinishReason("length") : ending;
  }

  /** Where Workers AI can't read a model's call it throws the text away too (github.com/cloudflare/ai, issue 561). */
  #refuseMissingCalls(recovered: RecoveredCall[] | undefined): void {
    if (this.#calls.hasUnnamed) throw invalidAnswer("a tool call has no name");
    const hasNone = this.#calls.count === 0 && recovered === undefined && !this.#hasMessage && !this.#held;
    if (hasNone && this.#announcesCalls) throw invalidAnswer("it announces a tool call and has none");
  }

  #think(delta: string): void {
    this.#reasoning ??= this.#beginReasoning();
    const { writer } = this.#reasoning;
    this.#spoken.reasoning += delta;
    this.#reasoning.text += delta;
    writer.setContent([this.#reasoning.text]);
    if (this.#summarize) writer.summary(delta);
  }

  /** gpt-oss writes no summary of its own: where one is wanted, the reasoning itself is streamed as its one part. */
  #beginReasoning(): { writer: ReasoningWriter; text: string } {
    this.#endProse();
    const writer = this.#builder.add((slot) => new ReasoningWriter(slot, { id: this.#idFor("rs", slot) }));
    if (this.#summarize) writer.startSummary();
    return { writer, text: "" };
  }

  #takeText(delta: string, logprobs: readonly unknown[]): void {
    if (this.#held === undefined) {
      this.#say(delta, logprobs);
      return;
    }
    this.#held += delta;
    for (const logprob of logprobs) this.#heldLogprobs.push(logprob);
    if (!mayBeCall(this.#held)) this.#releaseText();
  }

  #say(delta: string, logprobs: readonly unknown[]): void {
    this.#spoken.text += delta;
    (this.#message ?? this.#beginMessage()).text(delta, logprobs);
  }

  #refuse(delta: string): void {
    this.#releaseText();
    (this.#message ?? this.#beginMessage()).refusal(delta);
  }

  #beginMessage(): MessageWriter {
    this.#endProse();
    const message = this.#builder.add((slot) => new MessageWriter(slot, { id: this.#idFor("msg", slot) }, this.#cite));
    this.#message = message;
    this.#hasMessage = true;
    return message;
  }

  #idFor(prefix: IdPrefix, { output_index }: { output_index: number }): string {
    return createItemId(prefix, { responseId: this.#builder.id, output_index });
  }

  /** Ends the reasoning or the message that grows. */
  #endProse(status: Ending["status"] = "completed"): void {
    this.#releaseText();
    this.#reasoning?.writer.close(status);
    this.#message?.close(status);
    this.#reasoning = undefined;
    this.#message = undefined;
  }

  /** Writes what was held back: it is text after all, and so is what follows. */
  #releaseText(): void {
    const held = this.#held ?? "";
    this.#held = undefined;
    if (held !== "") this.#say(held, this.#heldLogprobs);
  }

  #callRecovered(recovered: readonly RecoveredCall[]): void {
    this.#held = undefined;
    for (const [index, call] of recovered.entries()) this.#calls.take({ index, id: "", ...call, whole: true });
  }

  /** A token that is only a part of a character has no text yet; without its logprob the list would have a gap. */
  #belongsToText({ logprobs, reasoning }: ChatChunk): boolean {
    return logprobs.length > 0 && reasoning === "" && (this.#message !== undefined || Boolean(this.#held));
  }
}

/** Whether a text may yet become JSON, or JSON in a fence. Only its start is looked at, however long it grows. */
function mayBeCall(text: string): boolean {
  const start = text.slice(0, longestLead).trimStart();
  if (start === "") return text.length < longestLead;
  return start.startsWith("{") || start.startsWith("[") || start.startsWith("```") || start === "``" || start === "`";
}

function demandedTools(
  tools: ReadonlyMap<string, OfferedTool>,
  choice: ChatInputs["tool_choice"],
): ReadonlyMap<string, OfferedTool> {
  if (typeof choice !== "object") return tools;
  const { name } = choice.function;
  const tool = tools.get(name);
  return new Map(tool === undefined ? [] : [[name, tool]]);
}

/** Workers AI counts twice, the second time with the details. A count that is null says nothing. */
function mergeUsage(known: JsonRecord | undefined, usage: JsonRecord): JsonRecord {
  return { ...known, ...Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== null)) };
}
