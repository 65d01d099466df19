import { ModelEvents } from "../../../src/answers/model-events.ts";
import { streamEvents } from "../../../src/answers/stream-events.ts";
import type { AnsweredRequest } from "../../../src/compat/answer/translate-chat.ts";
import type { ChatInputs } from "../../../src/compat/chat-inputs.ts";
import type { OfferedTool, Translation } from "../../../src/compat/translation.ts";
import { createId } from "../../../src/protocol/create-id.ts";
import { RESPONSE_DEFAULTS } from "../../../src/protocol/response-defaults.ts";
import type { ModelAnswer } from "../../../src/workers-ai/read-answer.ts";
import type { WireEvent } from "../../support/read-events.ts";

/** What a request settled, for tests that begin at the model's answer. */
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
      response: {
        ...RESPONSE_DEFAULTS,
        id: createId("resp"),
        object: "response",
        created_at: 1_795_000_000,
        completed_at: null,
        status: "in_progress",
        error: null,
        incomplete_details: null,
        model: "@cf/openai/gpt-oss-20b",
        output: [],
        usage: null,
      },
      tools: new Map(Object.entries(tools)),
      toolCallForced: false,
      summarize: false,
      ...translation,
    },
    inputs: { max_tokens: maxTokens, ...(toolChoice !== undefined && { tool_choice: toolChoice }) },
  };
}

/** Upstream's answer, as `runModel` hands it over. A piece that is an Error breaks the body there. */
export function modelAnswer(
  pieces: Iterable<string | Uint8Array | Error>,
  kind: ModelAnswer["kind"] = "event-stream",
): ModelAnswer {
  const { readable: body, writable } = new IdentityTransformStream();
  void write(pieces, writable.getWriter());
  return { kind, contentType: "", body, upstreamId: undefined };
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
  const events = new ModelEvents({ answer, ...request, silenceMs: 10_000 });
  return new Response(streamEvents(events, { keepAliveMs: 10_000 })).text();
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
