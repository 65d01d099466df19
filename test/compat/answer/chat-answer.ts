import type { EventsAnswer } from "../../../src/call.ts";
import { readRound } from "../../../src/compat/answer/read-round.ts";
import type { ChatInputs } from "../../../src/compat/chat-inputs.ts";
import { respond } from "../../../src/compat/respond.ts";
import { UsageSum } from "../../../src/compat/rounds/usage-sum.ts";
import type { OfferedTool, Translation } from "../../../src/compat/translation.ts";
import type { ApiError } from "../../../src/errors.ts";
import { streamEvents } from "../../../src/http/render-answer.ts";
import { createId } from "../../../src/protocol/ids.ts";
import { type Ending, ResponseBuilder } from "../../../src/protocol/response-builder.ts";
import { responseDefaults } from "../../../src/protocol/response-defaults.ts";
import type { ModelAnswer } from "../../../src/workers-ai/run.ts";
import type { WireEvent } from "../../support/read-events.ts";

/** What a request settled, for tests that begin at the model's answer. */
export interface AnsweredRequest {
  translation: Translation;
  inputs: Pick<ChatInputs, "max_tokens" | "tool_choice">;
}

export function answeredRequest({
  tools = {},
  toolChoice,
  maxTokens = 1000,
  ...translation
}: {
  tools?: Record<string, OfferedTool>;
  toolChoice?: ChatInputs["tool_choice"];
  maxTokens?: number;
} & Partial<Omit<Translation, "tools">> = {}): AnsweredRequest {
  return {
    translation: {
      tools: new Map(Object.entries(tools)),
      toolCallForced: false,
      summarize: false,
      ...translation,
    },
    inputs: { max_tokens: maxTokens, ...(toolChoice !== undefined && { tool_choice: toolChoice }) },
  };
}

/** The events of a Response that this answer of upstream's makes. */
export function openAnswer(
  answer: ModelAnswer,
  { translation, inputs }: AnsweredRequest = answeredRequest(),
  { signal = new AbortController().signal, silenceMs = 10_000 }: { signal?: AbortSignal; silenceMs?: number } = {},
): EventsAnswer {
  let failure: ApiError | undefined;
  const builder = new ResponseBuilder({
    ...responseDefaults,
    id: createId("resp"),
    object: "response",
    created_at: 1_795_000_000,
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model: answer.model,
    output: [],
    usage: null,
  });
  const usage = new UsageSum();
  async function* oneRound(): AsyncGenerator<void, Ending> {
    const { ending } = yield* readRound(
      answer,
      { builder, translation, inputs: { messages: [], ...inputs } },
      { usage, signal, silenceMs },
    );
    return ending;
  }
  const events = respond(oneRound(), {
    builder,
    usage,
    seal: translation.seal,
    signal,
    onFailure: (error) => (failure = error),
  });
  return {
    kind: "events",
    events,
    failure: () => failure,
    tokens: () => usage.tokens,
    upstreamId: undefined,
    warnings: new Set(),
  };
}

/** Upstream's event stream, as `runModel` hands it over. A piece that is an Error breaks the body there. */
export function modelAnswer(pieces: Iterable<string | Uint8Array | Error>): ModelAnswer {
  const { readable: body, writable } = new IdentityTransformStream();
  void write(pieces, writable.getWriter());
  return { kind: "event-stream", contentType: "", body, upstreamId: undefined, model: "@cf/openai/gpt-oss-20b" };
}

/** Upstream's JSON, as `runModel` hands it over. */
export function jsonAnswer(text: string): ModelAnswer {
  const bytes = Uint8Array.from(new TextEncoder().encode(text)).buffer;
  return { kind: "json", contentType: "", bytes, upstreamId: undefined, model: "@cf/openai/gpt-oss-20b" };
}

async function write(
  pieces: Iterable<string | Uint8Array | Error>,
  writer: WritableStreamDefaultWriter,
): Promise<void> {
  const encoder = new TextEncoder();
  try {
    for (const piece of pieces) {
      if (piece instanceof Error) return await writer.abort(piece);
      await writer.write(typeof piece === "string" ? encoder.encode(piece) : piece);
    }
    await writer.close();
  } catch {
    // Whoever reads has left: that is for the reader's side to test.
  }
}

/** One chunk as an event on the wire. */
export function sse(chunk: unknown): string {
  return `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`;
}

/** A chunk of a plain OpenAI stream. */
export function delta(fields: object, finish_reason: string | null = null): object {
  return { id: "id-1", object: "chat.completion.chunk", choices: [{ index: 0, delta: fields, finish_reason }] };
}

/** The text of the event stream that a client gets for an answer of upstream's. */
export async function streamText(answer: ModelAnswer, request: AnsweredRequest = answeredRequest()): Promise<string> {
  return new Response(streamEvents(openAnswer(answer, request).events)).text();
}

/** Gives ids that differ from run to run names by the order they appear in. */
export function nameIds<Value>(value: Value): Value {
  const names = new Map<string, string>();
  const text = JSON.stringify(value).replaceAll(
    /\b(resp|msg|rs|fc|ctc|call)_[0-9a-f]{32,36}\b/g,
    (id, prefix: string) => {
      const name = names.get(id) ?? `${prefix}_${names.size}`;
      names.set(id, name);
      return name;
    },
  );
  return JSON.parse(text.replaceAll(/(completed_at\\*":)\d+/g, (_found, key: string) => `${key}1`)) as Value;
}

/** The Response that the last event carries, and the type of that event. */
export function lastResponse(events: readonly WireEvent[]): { type: string; [key: string]: unknown } {
  const last = events.at(-1);
  if (last === undefined || typeof last["response"] !== "object") throw new Error("the stream ends without a Response");
  return { ...last["response"], type: last.type };
}
