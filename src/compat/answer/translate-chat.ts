/**
 * The state machine from chat to Responses: one chunk in, the events it means out. No I/O; numbers and bytes are given
 * to the events elsewhere.
 *
 * Reasoning and messages grow one at a time, in the order they come: the next kind ends the one before. Tool calls
 * grow side by side, told apart by their index, and end with the answer: only then is it sure that nothing follows.
 */
import { closeResponse, openResponse } from "../../protocol/build-events.ts";
import type { OutputPlace } from "../../protocol/create-id.ts";
import type { ResponseError, ResponseEvent, ResponseObject } from "../../protocol/events.ts";
import { fillUsage } from "../../protocol/fill-usage.ts";
import { type JsonRecord, readCount } from "../../protocol/read-value.ts";
import { invalidAnswer } from "../../workers-ai/read-answer.ts";
import { brokenAnswer } from "../../workers-ai/stream-broken.ts";
import type { ChatInputs } from "../chat-inputs.ts";
import type { OfferedTool, Translation } from "../translation.ts";
import { type Ending, mapFinishReason } from "./map-finish-reason.ts";
import { type OpenCall, OpenCalls } from "./open-calls.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { ChatChunk } from "./read-chunk.ts";
import { type RecoveredCall, recoverCalls } from "./recover-calls.ts";

/** What of the request the model's answer is read with. */
export interface AnsweredRequest {
  translation: Translation;
  inputs: Pick<ChatInputs, "max_tokens" | "tool_choice">;
}

type OpenItem = OpenReasoning | OpenMessage | OpenCall;

export class ChatTranslator {
  // Fixed at creation.
  readonly #translation: Translation;
  readonly #maxTokens: number;
  /** The tools that a leaked call may be for. */
  readonly #demanded: ReadonlyMap<string, OfferedTool>;

  // Changes per chunk.
  /** By `output_index`. */
  readonly #output: OpenItem[] = [];
  readonly #calls: OpenCalls;
  /** What grows now, beside the calls. */
  #prose: OpenReasoning | OpenMessage | undefined;
  /** Text that may be a leaked tool call; undefined when none can come any more. */
  #held: string | undefined;
  readonly #heldLogprobs: unknown[] = [];
  #finishReason: string | undefined;
  #usage: JsonRecord | undefined;
  #legacy = false;

  constructor({ translation, inputs }: AnsweredRequest) {
    this.#translation = translation;
    this.#maxTokens = inputs.max_tokens;
    this.#demanded = demandedTools(translation.tools, inputs.tool_choice);
    this.#calls = new OpenCalls(translation.tools, (create) => this.#begin(create));
    this.#held = translation.toolCallForced ? "" : undefined;
  }

  /** The events that come before any chunk. */
  open(): ResponseEvent[] {
    return openResponse(this.#translation.response);
  }

  /** Turns one chunk into its events: often one, or none. */
  take(chunk: ChatChunk): ResponseEvent[] {
    this.#legacy ||= chunk.legacy;
    this.#finishReason = chunk.finishReason ?? this.#finishReason;
    if (chunk.usage !== undefined) this.#usage = mergeUsage(this.#usage, chunk.usage);

    const events: ResponseEvent[] = [];
    if (chunk.reasoning !== "") events.push(...this.#growReasoning(chunk.reasoning));
    if (chunk.text !== "" || this.#belongsToText(chunk)) events.push(...this.#takeText(chunk.text, chunk.logprobs));
    if (chunk.refusal !== "") events.push(...this.#growRefusal(chunk.refusal));
    for (const fragment of chunk.calls) events.push(...this.#calls.take(fragment));
    return events;
  }

  /**
   * Ends an answer that upstream ended. `announced`: it said so, by `[DONE]` or by being one whole JSON text.
   * @throws {ApiError} 502 when the answer doesn't say how it ended, or ended in a way that is no success
   */
  finish(announced: boolean): ResponseEvent[] {
    const ending = this.#readEnding(announced);
    const truncated = ending.status === "incomplete";
    const recovered = this.#held === undefined ? undefined : recoverCalls(this.#held, this.#demanded);
    if (!truncated) this.#refuseMissingCalls(recovered);

    const events = recovered === undefined ? this.#releaseText() : this.#callRecovered(recovered);
    // Chat answers with a message even where it is empty, and agents wait for one after the reasoning.
    if (!truncated && this.#calls.count === 0 && !this.#hasMessage()) events.push(...this.#growText("", []));
    events.push(...this.#closeProse(ending.status), ...this.#calls.close(truncated));
    events.push(closeResponse(this.#respond({ ...ending, error: null })));
    return events;
  }

  /** Ends an answer that failed. Items that are open stay so: a call that was cut off must not look ready to be run. */
  fail(error: ResponseError): ResponseEvent[] {
    return [closeResponse(this.#respond({ status: "failed", error, incomplete_details: null }))];
  }

  #readEnding(announced: boolean): Ending {
    if (this.#finishReason !== undefined) return mapFinishReason(this.#finishReason);
    if (!this.#legacy || !announced) throw brokenAnswer();
    // This shape has no finish reason. An answer as long as was allowed was cut off there.
    return mapFinishReason(readCount(this.#usage?.["completion_tokens"]) >= this.#maxTokens ? "length" : "stop");
  }

  /** Where Workers AI can't read a model's call it throws the text away too (github.com/cloudflare/ai, issue 561). */
  #refuseMissingCalls(recovered: RecoveredCall[] | undefined): void {
    if (this.#calls.hasUnnamed) throw invalidAnswer("a tool call has no name");
    const hasNone = this.#calls.count === 0 && recovered === undefined && !this.#hasMessage() && !this.#held;
    const isAnnounced = this.#finishReason === "tool_calls" || this.#finishReason === "function_call";
    if (hasNone && isAnnounced) throw invalidAnswer("it announces a tool call and has none");
  }

  #respond(ended: Pick<ResponseObject, "status" | "error" | "incomplete_details">): ResponseObject {
    const { response } = this.#translation;
    const now = Math.floor(Date.now() / 1000);
    return {
      ...response,
      ...ended,
      completed_at: ended.status === "completed" ? Math.max(response.created_at, now) : null,
      output: this.#output.map((item) => item.item()),
      // Clients read the counts of every answer that did not fail: what upstream left uncounted is 0.
      usage: fillUsage(this.#usage ?? (ended.status === "failed" ? undefined : {})),
    };
  }

  #growReasoning(delta: string): ResponseEvent[] {
    if (this.#prose?.kind === "reasoning") return this.#prose.grow(delta);
    const { summarize } = this.#translation;
    const { item, events } = this.#begin((place) => new OpenReasoning(place, summarize));
    this.#prose = item;
    return [...events, ...item.grow(delta)];
  }

  #takeText(delta: string, logprobs: readonly unknown[]): ResponseEvent[] {
    if (this.#held === undefined) return this.#growText(delta, logprobs);
    this.#held += delta;
    this.#heldLogprobs.push(...logprobs);
    // JSON, or JSON in a fence: anything else is text for sure.
    return /^\s*(?:$|[[{]|`{1,2}$|```)/.test(this.#held) ? [] : this.#releaseText();
  }

  #growText(delta: string, logprobs: readonly unknown[]): ResponseEvent[] {
    if (this.#prose?.kind === "message") return this.#prose.growText(delta, logprobs);
    const { item, events } = this.#beginMessage();
    return [...events, ...item.growText(delta, logprobs)];
  }

  #growRefusal(delta: string): ResponseEvent[] {
    const held = this.#releaseText();
    if (this.#prose?.kind === "message") return [...held, ...this.#prose.growRefusal(delta)];
    const { item, events } = this.#beginMessage();
    return [...held, ...events, ...item.growRefusal(delta)];
  }

  #beginMessage(): { item: OpenMessage; events: ResponseEvent[] } {
    const begun = this.#begin((place) => new OpenMessage(place));
    this.#prose = begun.item;
    return begun;
  }

  /** Ends the prose before it and opens a new item. */
  #begin<Item extends OpenItem>(create: (place: OutputPlace) => Item): { item: Item; events: ResponseEvent[] } {
    const events = [...this.#releaseText(), ...this.#closeProse("completed")];
    const item = create({ responseId: this.#translation.response.id, output_index: this.#output.length });
    this.#output.push(item);
    events.push(...item.open());
    return { item, events };
  }

  #closeProse(status: "completed" | "incomplete"): ResponseEvent[] {
    const prose = this.#prose;
    this.#prose = undefined;
    return prose?.close(status) ?? [];
  }

  /** Gives out what was held back: it is text after all, and so is what follows. */
  #releaseText(): ResponseEvent[] {
    const held = this.#held ?? "";
    this.#held = undefined;
    return held === "" ? [] : this.#growText(held, this.#heldLogprobs);
  }

  #callRecovered(recovered: readonly RecoveredCall[]): ResponseEvent[] {
    this.#held = undefined;
    return recovered.flatMap((call, index) => this.#calls.take({ index, id: "", ...call, whole: true }));
  }

  /** A token that is only a part of a character has no text yet; without its logprob the list would have a gap. */
  #belongsToText({ logprobs, reasoning }: ChatChunk): boolean {
    return logprobs.length > 0 && reasoning === "" && (this.#prose?.kind === "message" || Boolean(this.#held));
  }

  #hasMessage(): boolean {
    return this.#output.some(({ kind }) => kind === "message");
  }
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
